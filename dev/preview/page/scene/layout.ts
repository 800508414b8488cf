/** Computes the positions of panels, including rows and repeats. */
import { type GridPos, type PanelModel } from './model';

/** A value of the variable that a panel or row is repeated for. */
export interface Repetition {
  variable: string;
  value: string;
  text: string;
}

export interface PlacedPanel {
  kind: 'panel';
  key: string;
  panel: PanelModel;
  at: GridPos;
  repetition?: Repetition;
}

export interface PlacedRow {
  kind: 'row';
  key: string;
  title: string;
  y: number;
  collapsed: boolean;
  /** Whether the row has a repeat variable. */
  repeated: boolean;
  children: PlacedPanel[];
  repetition?: Repetition;
}

export type Placed = PlacedPanel | PlacedRow;

/** Returns the current values of a variable; an empty list if there are none. */
export type GetValues = (variable: string) => Array<Omit<Repetition, 'variable'>>;

const COLUMNS = 24;
const MAX_PER_ROW = 4;
const NO_PLACE: GridPos = { x: 0, y: 0, w: 12, h: 8 };

/** The variables that panels or rows are repeated for. */
export function listRepeatVariables(panels: PanelModel[]): string[] {
  return [...new Set(panels.flatMap((panel) => [panel.repeat ?? [], listRepeatVariables(panel.panels ?? [])].flat()))];
}

/** Places all panels of a dashboard from top to bottom. */
export function arrange(panels: PanelModel[], getValues: GetValues): Placed[] {
  const placed: Placed[] = [];
  const { loose, rows } = sections(panels);
  const top = spread(loose, getValues);
  placed.push(...top);
  let y = bottom(top);
  for (const { row, members } of rows) {
    const repetitions = listRepetitions(row, getValues);
    repetitions.forEach((repetition, copy) => {
      const suffix = copy === 0 ? '' : `-clone-${copy}`;
      const start = row.gridPos?.y ?? 0;
      const children = spread(members, getValues, suffix).map((child) => ({
        ...child,
        at: { ...child.at, y: child.at.y - start + y },
      }));
      const collapsed = row.collapsed ?? false;
      placed.push({
        kind: 'row',
        key: `row-${row.id}${suffix}`,
        title: row.title ?? '',
        y,
        collapsed,
        repeated: Boolean(row.repeat),
        children,
        repetition,
      });
      y = collapsed ? y + 1 : Math.max(y + 1, bottom(children));
    });
  }
  return placed;
}

interface Section {
  row: PanelModel;
  members: PanelModel[];
}

/** A collapsed row contains its panels. Otherwise all panels up to the next row belong to it. */
function sections(panels: PanelModel[]): { loose: PanelModel[]; rows: Section[] } {
  const loose: PanelModel[] = [];
  const rows: Section[] = [];
  for (const panel of panels) {
    if (panel.type === 'row') {
      rows.push({ row: panel, members: [...(panel.panels ?? [])] });
    } else {
      (rows.at(-1)?.members ?? loose).push(panel);
    }
  }
  return { loose, rows };
}

/** Repeats panels, and moves the panels below a repeated panel down by the height of the copies. */
function spread(panels: PanelModel[], getValues: GetValues, suffix = ''): PlacedPanel[] {
  const ordered = [...panels].sort((a, b) => place(a).y - place(b).y || place(a).x - place(b).x);
  let added = 0;
  return ordered.flatMap((panel) => {
    const copies = repeat(panel, getValues, suffix);
    const moved = copies.map((copy) => ({ ...copy, at: { ...copy.at, y: copy.at.y + added } }));
    added += Math.max(0, bottom(copies) - place(panel).y - place(panel).h);
    return moved;
  });
}

function repeat(panel: PanelModel, getValues: GetValues, suffix: string): PlacedPanel[] {
  const at = place(panel);
  const repetitions = listRepetitions(panel, getValues);
  const perRow = panel.repeatDirection === 'v' ? 1 : Math.min(repetitions.length, panel.maxPerRow ?? MAX_PER_ROW);
  const width = panel.repeatDirection === 'v' || !panel.repeat ? at.w : Math.floor(COLUMNS / perRow);
  const left = panel.repeatDirection === 'v' || !panel.repeat ? at.x : 0;
  return repetitions.map((repetition, copy) => ({
    kind: 'panel',
    key: `panel-${panel.id}${suffix}${copy === 0 ? '' : `-clone-${copy}`}`,
    panel,
    at: { x: left + (copy % perRow) * width, y: at.y + Math.floor(copy / perRow) * at.h, w: width, h: at.h },
    repetition,
  }));
}

/** Returns an entry for each value, or one undefined entry if there is no repeat variable or no value. */
function listRepetitions({ repeat }: PanelModel, getValues: GetValues): Array<Repetition | undefined> {
  const values = repeat ? getValues(repeat) : [];
  return values.length > 0 ? values.map((value) => ({ variable: repeat!, ...value })) : [undefined];
}

function place(panel: PanelModel): GridPos {
  return panel.gridPos ?? NO_PLACE;
}

function bottom(placed: PlacedPanel[]): number {
  return placed.reduce((lowest, { at }) => Math.max(lowest, at.y + at.h), 0);
}

/** Where the panels of a dashboard stand: rows put together, repeats spread out. */
import { type GridPos, type PanelModel } from './model';

/** One value of the variable that something is repeated for. */
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
  /** One of several for the values of a variable, or standing in for them while there are none. */
  repeated: boolean;
  children: PlacedPanel[];
  repetition?: Repetition;
}

export type Placed = PlacedPanel | PlacedRow;

/** The values that a variable has now; nothing for a variable that has none. */
export type ValuesOf = (variable: string) => Array<Omit<Repetition, 'variable'>>;

const COLUMNS = 24;
const MAX_PER_ROW = 4;
const NO_PLACE: GridPos = { x: 0, y: 0, w: 12, h: 8 };

/** Names of the variables that panels or rows are repeated for. */
export function repeatedFor(panels: PanelModel[]): string[] {
  return [...new Set(panels.flatMap((panel) => [panel.repeat ?? [], repeatedFor(panel.panels ?? [])].flat()))];
}

/** Places all panels of a dashboard, top down. */
export function arrange(panels: PanelModel[], valuesOf: ValuesOf): Placed[] {
  const placed: Placed[] = [];
  const { loose, rows } = sections(panels);
  const top = spread(loose, valuesOf);
  placed.push(...top);
  let y = bottom(top);
  for (const { row, members } of rows) {
    const repetitions = repetitionsOf(row, valuesOf);
    repetitions.forEach((repetition, copy) => {
      const suffix = copy === 0 ? '' : `-clone-${copy}`;
      const start = row.gridPos?.y ?? 0;
      const children = spread(members, valuesOf, suffix).map((child) => ({
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

/** A row owns its own panels when collapsed, else all that follow it up to the next row. */
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

/** Repeats panels, and moves what lies below a repeated panel down by the room the copies take. */
function spread(panels: PanelModel[], valuesOf: ValuesOf, suffix = ''): PlacedPanel[] {
  const ordered = [...panels].sort((a, b) => place(a).y - place(b).y || place(a).x - place(b).x);
  let added = 0;
  return ordered.flatMap((panel) => {
    const copies = repeat(panel, valuesOf, suffix);
    const moved = copies.map((copy) => ({ ...copy, at: { ...copy.at, y: copy.at.y + added } }));
    added += Math.max(0, bottom(copies) - place(panel).y - place(panel).h);
    return moved;
  });
}

function repeat(panel: PanelModel, valuesOf: ValuesOf, suffix: string): PlacedPanel[] {
  const at = place(panel);
  const repetitions = repetitionsOf(panel, valuesOf);
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

/** One entry for each value; one without a value for what is not repeated or has no values. */
function repetitionsOf({ repeat }: PanelModel, valuesOf: ValuesOf): Array<Repetition | undefined> {
  const values = repeat ? valuesOf(repeat) : [];
  return values.length > 0 ? values.map((value) => ({ variable: repeat!, ...value })) : [undefined];
}

function place(panel: PanelModel): GridPos {
  return panel.gridPos ?? NO_PLACE;
}

function bottom(placed: PlacedPanel[]): number {
  return placed.reduce((lowest, { at }) => Math.max(lowest, at.y + at.h), 0);
}

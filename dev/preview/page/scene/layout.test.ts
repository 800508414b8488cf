import { arrange, listRepeatVariables, type Placed, type GetValues } from './layout';
import { type PanelModel } from './model';

const nothing: GetValues = () => [];
const three: GetValues = () => ['a', 'b', 'c'].map((value) => ({ value, text: value.toUpperCase() }));

function panel(id: number, x: number, y: number, w: number, h: number, more: Partial<PanelModel> = {}): PanelModel {
  return { id, type: 'stat', gridPos: { x, y, w, h }, ...more };
}

const row = (id: number, y: number, more: Partial<PanelModel> = {}) =>
  panel(id, 0, y, 24, 1, { type: 'row', title: `Row ${id}`, ...more });

/** One line for each panel and row: key, position, and the value that it is repeated for. */
function lines(placed: Placed[]): string[] {
  return placed.flatMap((item) => {
    const value = item.repetition ? ` = ${item.repetition.text}` : '';
    if (item.kind === 'panel') {
      const { x, y, w, h } = item.at;
      return [`${item.key} ${x},${y} ${w}x${h}${value}`];
    }
    return [
      `${item.key} at ${item.y}${item.collapsed ? ' closed' : ''}${value}`,
      ...lines(item.children).map((line) => `  ${line}`),
    ];
  });
}

test('panels keep their positions, and a row contains the panels after it', () => {
  const panels = [panel(1, 0, 0, 12, 4), row(2, 4), panel(3, 12, 5, 12, 8), panel(4, 0, 5, 12, 8)];
  expect(lines(arrange(panels, nothing))).toEqual([
    'panel-1 0,0 12x4',
    'row-2 at 4',
    '  panel-4 0,5 12x8',
    '  panel-3 12,5 12x8',
  ]);
});

test('a collapsed row contains its panels and is one line high', () => {
  const panels = [row(1, 0, { collapsed: true, panels: [panel(2, 0, 1, 24, 8)] }), row(3, 1), panel(4, 0, 2, 24, 8)];
  expect(lines(arrange(panels, nothing))).toEqual([
    'row-1 at 0 closed',
    '  panel-2 0,1 24x8',
    'row-3 at 1',
    '  panel-4 0,2 24x8',
  ]);
});

test('a panel is repeated horizontally, and panels below move down', () => {
  const panels = [panel(1, 6, 0, 6, 4, { repeat: 'node', maxPerRow: 2 }), panel(2, 0, 4, 24, 8)];
  expect(lines(arrange(panels, three))).toEqual([
    'panel-1 0,0 12x4 = A',
    'panel-1-clone-1 12,0 12x4 = B',
    'panel-1-clone-2 0,4 12x4 = C',
    'panel-2 0,8 24x8',
  ]);
});

test('a panel is repeated vertically with its own width', () => {
  const panels = [panel(1, 6, 0, 6, 4, { repeat: 'node', repeatDirection: 'v' })];
  expect(lines(arrange(panels, three))).toEqual([
    'panel-1 6,0 6x4 = A',
    'panel-1-clone-1 6,4 6x4 = B',
    'panel-1-clone-2 6,8 6x4 = C',
  ]);
});

test('a row is repeated with its panels, and the next row follows the last copy', () => {
  const panels = [row(1, 0, { repeat: 'node' }), panel(2, 0, 1, 24, 6), row(3, 7), panel(4, 0, 8, 24, 6)];
  expect(lines(arrange(panels, three))).toEqual([
    'row-1 at 0 = A',
    '  panel-2 0,1 24x6',
    'row-1-clone-1 at 7 = B',
    '  panel-2-clone-1 0,8 24x6',
    'row-1-clone-2 at 14 = C',
    '  panel-2-clone-2 0,15 24x6',
    'row-3 at 21',
    '  panel-4 0,22 24x6',
  ]);
});

test('without a value, a repeated panel is shown once', () => {
  expect(lines(arrange([panel(1, 6, 0, 6, 4, { repeat: 'node' })], nothing))).toEqual(['panel-1 0,0 24x4']);
});

test('finds the repeat variables', () => {
  const closed = row(3, 9, { collapsed: true, panels: [panel(4, 0, 0, 1, 1, { repeat: 'cpu' })] });
  expect(
    listRepeatVariables([panel(1, 0, 0, 1, 1, { repeat: 'node' }), row(2, 1, { repeat: 'node' }), closed])
  ).toEqual(['node', 'cpu']);
});

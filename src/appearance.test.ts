import {
  CoreApp,
  createTheme,
  type DataFrame,
  FieldType,
  MappingType,
  ThresholdsMode,
  toDataFrame,
} from '@grafana/data';
import { config } from '@grafana/runtime';
import { refine } from './appearance';
import { type FalcoQuery } from './query';

jest.mock('@grafana/runtime', () => ({ config: {} }));

const dark = createTheme({ colors: { mode: 'dark' } });
const light = createTheme({ colors: { mode: 'light' } });
beforeEach(() => {
  config.theme2 = dark;
});

const thresholds = {
  mode: ThresholdsMode.Absolute,
  steps: [
    { value: -Infinity, color: 'green' },
    { value: 0.02, color: 'yellow' },
    { value: 0.1, color: 'red' },
  ],
};
const unknown = {
  type: MappingType.SpecialValue,
  options: { match: 'null', result: { text: 'unknown', color: 'purple' } },
};
const verdict = {
  name: 'verdict',
  values: ['ok', 'warning'],
  config: {
    custom: { cellOptions: { type: 'color-background' } },
    mappings: [{ type: MappingType.ValueToText, options: { ok: { color: 'green' }, warning: { color: 'yellow' } } }],
  },
};

/** Green is too light behind white text. */
const readableVerdicts = [
  { type: MappingType.ValueToText, options: { ok: { color: '#2e7d32' }, warning: { color: 'yellow' } } },
];

const table = (...fields: object[]) => ({ meta: { type: 'numeric-long' }, fields });
const line = (name: string, labels = {}) => ({
  meta: { type: 'timeseries-multi' },
  fields: [
    { name: 'Time', type: FieldType.time, values: [1] },
    { name: 'drops', type: FieldType.number, values: [0], labels, config: { displayNameFromDS: name } },
  ],
});

function shown(frames: object[], request: Partial<Parameters<typeof refine>[1]> = {}): DataFrame[] {
  const response = { data: frames.map((frame) => toDataFrame(frame)) };
  return refine(response, { targets: [], ...request }).data as DataFrame[];
}

const colours = ({ fields }: DataFrame, index = 0) => fields[index]?.config.thresholds?.steps.map(({ color }) => color);

describe('in Explore', () => {
  const hidden = { custom: { hideFrom: { viz: true } } };
  const names = ([frame]: DataFrame[]) => frame?.fields.map(({ name, config: { displayName } }) => displayName ?? name);

  it('a table has the columns that panels show', () => {
    const cluster = { name: 'cluster', values: ['demo', 'demo'] };
    const meaning = { name: 'meaning', values: ['a', 'b'], config: hidden };
    const node = { name: 'node', values: ['a', 'b'] };
    const frame = table(cluster, node, meaning, verdict);
    expect(names(shown([frame], { app: CoreApp.Explore }))).toEqual(['node', 'verdict']);
    expect(names(shown([frame]))).toEqual(['cluster', 'node', 'meaning', 'verdict']);
  });

  it('events have titles, and annotations the names that Grafana looks for', () => {
    const time = { name: 'time', values: [1] };
    const end = { name: 'timeEnd', values: [1], config: hidden };
    const frame = table(time, end, { name: 'text', values: ['Restart'] });
    expect(names(shown([frame], { app: CoreApp.Explore }))).toEqual(['Time', 'Text']);
    expect(names(shown([frame]))).toEqual(['time', 'timeEnd', 'text']);
  });
});

describe('a table', () => {
  it('keeps the columns that the user selected', () => {
    const cluster = { name: 'cluster', values: ['demo', 'demo'] };
    const empty = { name: 'on', values: ['', ''] };
    const frame = { ...table(cluster, empty, verdict), refId: 'A' };
    const targets = [{ refId: 'A', queryType: 'inventory' as const, columns: ['cluster', 'on', 'verdict'] }];
    const [selected] = shown([frame], { targets });
    expect(selected?.fields.map(({ name, config }) => [name, config.custom?.hideFrom])).toEqual([
      ['cluster', undefined],
      ['on', undefined],
      ['verdict', undefined],
    ]);
    const [others] = shown([frame], { targets: [{ ...targets[0]!, refId: 'B' }] });
    expect(others?.fields.map(({ name }) => name)).toEqual(['cluster', 'verdict']);
  });

  it('leaves out the columns that are empty in all rows, and says so once of figures', () => {
    const [frame] = shown([
      table(
        { name: 'node', values: ['a', 'b'] },
        { name: 'step', type: FieldType.string, values: ['', ''], config: { displayNameFromDS: 'First step' } },
        { name: 'load', type: FieldType.number, values: [null, null], config: { displayNameFromDS: 'Server load' } },
        { name: 'cpu', type: FieldType.number, values: [null, null], config: { displayNameFromDS: 'CPU' } },
        { name: 'drops', type: FieldType.number, values: [null, 0], config: { mappings: [unknown] } }
      ),
    ]);
    expect(frame?.fields.map(({ name }) => name)).toEqual(['node', 'drops']);
    expect(frame?.meta?.notices).toEqual([
      { severity: 'info', text: 'Left out because no row has a value: Server load, CPU.' },
    ]);
  });

  it('keeps hidden columns, which tooltips and links read, and the columns of annotations', () => {
    const hidden = { name: 'details', values: ['', ''], config: { custom: { hideFrom: { viz: true } } } };
    const [frame] = shown([table({ name: 'node', values: ['a', 'b'] }, hidden)]);
    expect(frame?.fields.map(({ name }) => name)).toEqual(['node', 'details']);
    const [events] = shown([table({ name: 'timeEnd', values: [1] }, { name: 'text', values: [''] })]);
    expect(events?.fields.map(({ name }) => name)).toEqual(['timeEnd', 'text']);
  });

  it('gives columns that are called like a label a title, but not those of PromQL or of the values of a label', () => {
    const titles = (frame?: DataFrame) => frame?.fields.map(({ config }) => config.displayNameFromDS);
    const titled = (name: string, displayNameFromDS: string) => ({
      name,
      type: FieldType.number,
      values: [1],
      config: { displayNameFromDS },
    });
    const label = { name: 'rule_name', values: ['a'] };
    const figures = [titled('change', 'change'), titled('clone_fork', 'clone_fork'), titled('load', 'Server load')];
    const [frame] = shown([table({ name: 'node', values: ['a'] }, label, ...figures)]);
    expect(titles(frame)).toEqual(['Node', 'Rule name', 'Change', 'clone_fork', 'Server load']);
    const [events] = shown([table({ name: 'time', values: [1] }, { name: 'timeEnd', values: [1] })]);
    expect(titles(events)).toEqual(['Time', undefined]);
    const targets = [{ refId: 'A', queryType: 'promql' as const }];
    const [written] = shown([{ ...table(label), refId: 'A' }], { targets });
    expect(titles(written)).toEqual([undefined]);
  });

  it('hides the cluster if there is only one', () => {
    const isHidden = (...values: string[]) =>
      shown([table({ name: 'cluster', values })])[0]?.fields[0]?.config.custom?.hideFrom?.viz;
    expect(isHidden('demo', 'demo')).toBe(true);
    expect(isHidden('', '')).toBe(true);
    expect(isHidden('demo', 'other')).toBeUndefined();
  });

  it('colours only what needs attention, apart from verdicts', () => {
    const states = [{ type: MappingType.ValueToText, options: { 1: { text: 'up', color: 'green' } } }, unknown];
    const [frame] = shown([
      table(
        { name: 'drops', type: FieldType.number, values: [0, 1], config: { thresholds } },
        { name: 'up', type: FieldType.number, values: [0, 1], config: { mappings: states } },
        verdict
      ),
    ]);
    expect(colours(frame!)).toEqual(['text', 'yellow', 'red']);
    expect(frame?.fields[1]?.config.mappings).toEqual([
      { type: MappingType.ValueToText, options: { 1: { text: 'up', color: 'text' } } },
      unknown,
    ]);
    expect(frame?.fields[2]?.config.mappings).toEqual(readableVerdicts);
  });
});

it('writes values in readable colours in the light theme, but keeps yellow behind verdicts', () => {
  const drops = { name: 'drops', type: FieldType.number, values: [1], config: { thresholds } };
  const frames = [table(drops, verdict), { meta: { type: 'numeric-multi' }, fields: [drops] }];
  config.theme2 = light;
  const [frame, tile] = shown(frames);
  expect(colours(frame!)).toEqual(['text', '#9a6700', 'red']);
  expect(colours(tile!)).toEqual(['#2e7d32', '#9a6700', 'red']);
  expect(frame?.fields[1]?.config.mappings).toEqual(readableVerdicts);
});

it('shortens digests in names', () => {
  const digest = '1f0c3a77b2d4'.padEnd(64, '0');
  const [frame] = shown([line(`falco_rules.yaml ${digest}`)]);
  expect(frame?.fields[1]?.config.displayNameFromDS).toBe('falco_rules.yaml 1f0c3a77b2d4');
});

describe('the series of the shipped dashboards', () => {
  const graph = { dashboardUID: 'falco-overview', panelPluginId: 'timeseries' };
  const named = (...names: string[]) =>
    shown(
      names.map((name) => line(name)),
      graph
    ).map(({ fields }) => fields[1]!.config);
  const nodes = Array.from({ length: 8 }, (_, i) => `worker-${i + 1}`);

  it('have the same colour in every graph, and nodes that differ in the last digit have different ones', () => {
    const all = named(...nodes).map(({ color }) => color?.fixedColor);
    expect(new Set(all).size).toBe(8);
    expect(named('worker-7', 'worker-2').map(({ color }) => color?.fixedColor)).toEqual([all[6], all[1]]);
  });

  it('have different lines if they share a colour', () => {
    const configs = named(...Array.from({ length: 21 }, (_, i) => `${String.fromCharCode(97 + i)}`));
    expect(configs[20]?.color).toEqual(configs[0]?.color);
    expect(configs[0]?.custom?.lineStyle).toBeUndefined();
    expect(configs[20]?.custom?.lineStyle).toMatchObject({ fill: 'dash' });
  });

  it('have no colour of a verdict, and one that stands out from both themes', () => {
    const palette = named(...Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i))).map(
      ({ color }) => color!.fixedColor!
    );
    expect(new Set(palette).size).toBe(20);
    for (const colour of palette) {
      expect(contrast(colour, dark.colors.background.primary)).toBeGreaterThan(3);
      expect(contrast(colour, light.colors.background.primary)).toBeGreaterThan(3);
      // Red and yellow lie between the hues 335 and 75.
      expect(hue(colour)).toBeGreaterThan(75);
      expect(hue(colour)).toBeLessThan(335);
    }
  });

  it('leave the colours of other panels and dashboards to their settings', () => {
    for (const request of [{ ...graph, panelPluginId: 'stat' }, { ...graph, dashboardUID: 'mine' }, {}]) {
      expect(shown([line('worker-1')], request)[0]?.fields[1]?.config.color).toBeUndefined();
    }
  });
});

const channels = (colour: string) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = channels(colour).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function hue(colour: string): number {
  const [r = 0, g = 0, b = 0] = channels(colour);
  const max = Math.max(r, g, b);
  const range = max - Math.min(r, g, b);
  const sixth = max === r ? (g - b) / range : max === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return (60 * sixth + 360) % 360;
}

test('a heatmap without data gets the fields that Grafana reads, and keeps its notices', () => {
  const meta = { notices: [{ severity: 'warning' as const, text: 'Why.' }] };
  const empty = { length: 0, fields: [], meta };
  const [frame] = refine({ data: [empty] }, { targets: [], panelPluginId: 'heatmap' }).data as DataFrame[];
  expect(frame!.fields.map(({ type, values }) => [type, values])).toEqual([
    [FieldType.time, []],
    [FieldType.number, []],
  ]);
  expect(frame!.meta).toEqual(meta);
  const [graph] = refine({ data: [empty] }, { targets: [], panelPluginId: 'timeseries' }).data as DataFrame[];
  expect(graph!.fields).toEqual([]);
});

test('a heatmap has no row for a query without data, whose notices are those of the panel', () => {
  const notices = [{ severity: 'info' as const, text: 'Why.' }];
  const without = { length: 0, fields: [], refId: 'B', meta: { notices } };
  const rows = { ...toDataFrame(line('CPU 0')), refId: 'A' };
  const targets = [{ refId: 'A' }, { refId: 'B' }] as FalcoQuery[];
  const drawn = (...data: DataFrame[]) => refine({ data }, { targets, panelPluginId: 'heatmap' }).data as DataFrame[];
  expect(drawn(rows, without).map(({ fields, meta }) => [fields.length, meta?.notices])).toEqual([[2, notices]]);
  const kinds = ({ fields }: DataFrame) => fields.map(({ type }) => type);
  // Live, without the frames of the other query.
  expect(drawn(without).map(kinds)).toEqual([[FieldType.time, FieldType.string]]);
  expect(drawn({ ...without, refId: 'A' }).map(kinds)).toEqual([[FieldType.time, FieldType.number]]);
});

describe('notices', () => {
  const notice = (severity: 'info' | 'warning', text: string) => ({ severity, text });
  const frame = (...notices: object[]) => ({ fields: [{ name: 'a', values: [1] }], meta: { notices } });
  const [first, second, third] = [notice('info', 'One.'), notice('warning', 'Two.'), notice('info', 'Three.')];
  const frames = [frame(first, second), frame(), frame(first, third)];

  it('of one severity are one, because Grafana shows only the last one beside the title of a panel', () => {
    const joined = [notice('info', 'One. Three.'), second];
    expect(shown(frames).map(({ meta }) => meta?.notices)).toEqual([joined, [], joined]);
  });

  it('stay as they are in Explore, which shows all of them', () => {
    const kept = shown(frames, { app: 'explore' }).map(({ meta }) => meta?.notices);
    expect(kept).toEqual([[first, second], [], [first, third]]);
  });
});

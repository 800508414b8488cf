import { matcher, parse, selectorsOf } from '../promql';
import { catalogue } from '../signals';
import { type Target } from './BackendClient';
import { type FalcoQuery, migrateQuery, withDefaults } from '../query';
import { CompiledQuery } from './CompiledQuery';
import { mayMatchTarget, passesFilters } from './targetMatching';

const falco: Target = {
  id: 'f',
  kind: 'falco',
  labels: { cluster: 'demo', node: 'a' },
  facts: { version: '0.44.1', engine: 'kmod' },
};
const sidekick: Target = {
  id: 's',
  kind: 'falcosidekick',
  labels: { cluster: 'demo', node: 's', kind: 'falcosidekick' },
  facts: null,
};
const nodeExporter: Target = {
  id: 'n',
  kind: 'node-exporter',
  labels: { cluster: 'demo', node: 'a', kind: 'node-exporter' },
  facts: null,
};
const targetLabels = ['cluster', 'node', 'zone'];

describe('passesFilters', () => {
  it.each([
    ['node', '=', 'a', true],
    ['node', '!=', 'a', false],
    ['node', '=~', 'a|b', true],
    ['zone', '=', '', true],
    ['zone', '=', 'x', false],
    ['version', '=', '0.44.1', true],
    ['version', '!~', '0\\.44.*', false],
    ['kernel', '=', 'unknown', true],
    ['cpu', '=', 'not a label of targets', true],
  ] as const)('%s %s %s: %s', (key, operator, value, expected) => {
    expect(passesFilters(falco, [matcher(key, operator, value)], targetLabels)).toBe(expected);
  });
});

describe('mayMatchTarget', () => {
  it.each([
    ['falcosecurity_scap_n_evts_total', [true, false]],
    ['falcosecurity_falcosidekick_inputs_total', [false, true]],
    ['up', [true, true]],
    ['up{kind!="falcosidekick"}', [true, false]],
    ['up{kind="falcosidekick"}', [false, true]],
    ['up{node="a"}', [true, false]],
    ['up{zone!=""}', [false, false]],
    ['up{whatever="x"}', [true, true]],
    ['{__name__=~"falcosecurity_scap_n_drops_dev_[0-9]+_total"}', [true, false]],
    ['{__name__=~"falcosecurity_falcosidekick_.*"}', [false, true]],
    ['{__name__=~"falcosecurity_scap_n_evts_total|up"}', [true, true]],
    ['{__name__=~"falcosecurity_scap_?.*"}', [true, true]],
    ['{__name__=~".*_total"}', [true, true]],
    ['{__name__!="up",node!=""}', [true, true]],
  ] as const)('%s', (text, expected) => {
    const [selector] = selectorsOf(parse(text));
    expect([falco, sidekick].map((target) => mayMatchTarget(selector!, target, targetLabels))).toEqual(expected);
  });
});

test('every signal describes a kind of target whose series it reads', () => {
  const request = { range: 300_000, interval: 15_000, maxDataPoints: 100 };
  const live = catalogue.signals.filter(({ needs }) => !needs.some(({ from }) => from === 'alert receiver'));
  const wrong = live.filter(({ id, targetKind }) => {
    const query = withDefaults(migrateQuery({ refId: 'A', signals: [id] } as FalcoQuery));
    const compiled = new CompiledQuery(query, request, { targets: [{ url: 'falco:8765' }] });
    const targets = [falco, sidekick, nodeExporter];
    const described = targets.filter((target) => compiled.reportsOnTarget(target));
    const isRead = described.every((target) => compiled.readsTarget(target));
    return !isRead || described.map(({ kind }) => kind).join() !== targetKind;
  });
  expect(wrong.map(({ id }) => id)).toEqual([]);
});

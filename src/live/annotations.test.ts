import { figures, pass, setClock, setUpLive } from './testSetup';

beforeEach(() => setClock());

const target = {
  id: 'a',
  kind: 'falco' as const,
  labels: { cluster: 'x', node: 'a' },
  answer: () => 'load 1\ntook_bucket{le="1"} 5\ntook_bucket{le="+Inf"} 3',
};

const noticesOf = async (query: object) => {
  const { watch } = setUpLive([target]);
  const { last } = watch(query);
  await pass(5);
  return figures(last())[0]?.meta?.notices;
};

/** Texts and positions are those of Prometheus: tests/corpora/annotations.json. */
describe("Prometheus's annotations", () => {
  it('reach a live panel with PromQL', async () => {
    const notices = await noticesOf({ queryType: 'promql', expr: 'rate(load[5m]) or quantile(2, load)' });
    expect(notices).toEqual(
      expect.arrayContaining([
        {
          severity: 'warning',
          text: 'PromQL warning: quantile value should be between 0 and 1, got 2 (1:28)',
        },
        {
          severity: 'info',
          text: 'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "load" (1:6)',
        },
      ])
    );
  });

  it('are shown once, whatever the number of ticks', async () => {
    const notices = await noticesOf({
      queryType: 'promql',
      expr: 'histogram_quantile(0.5, took_bucket)',
      instant: true,
    });
    expect(notices?.filter(({ text }) => text.startsWith('PromQL'))).toEqual([
      { severity: 'info', text: expect.stringMatching(/needed to be fixed for monotonicity .* \(1:25\)$/) },
    ]);
  });

  it('are limited to five of each kind', async () => {
    const rates = Array.from({ length: 7 }, (_, i) => `quantile(${i + 2}, load)`).join(' or ');
    const notices = await noticesOf({ queryType: 'promql', expr: rates });
    const texts = notices?.filter(({ severity }) => severity === 'warning').map(({ text }) => text) ?? [];
    expect(texts).toHaveLength(6);
    expect(texts.at(-1)).toBe('2 more warning annotations omitted');
  });
});

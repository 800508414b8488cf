import { type DataFrame, type DataQueryResponse, LoadingState } from '@grafana/data';
import { type CompleteQuery } from '../query';
import { begin, figures, notices, pass, points, request, setClock, setHidden, setUpLive, skew } from './testSetup';
import { falco } from './testing';

beforeEach(() => setClock());
afterEach(() => jest.useRealTimers());

describe('A live query', () => {
  const rate = { signals: ['kernel-event-rate'] };

  it('is filled from the history and gets one point per tick', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    const { answers, last, end } = watch(rate);
    await pass(0);
    expect(answers).toHaveLength(1);
    expect(last()).toMatchObject({ key: 'live-A', state: LoadingState.Streaming });
    const filled = points(last());
    expect([filled[0], filled.at(-1)]).toEqual([
      [-300, expect.closeTo(100)],
      [0, expect.closeTo(100)],
    ]);
    expect(filled).toHaveLength(301);
    await pass(20);
    expect(answers).toHaveLength(21);
    const shown = points(last());
    expect([shown[0], shown.at(-1), shown.length]).toEqual([
      [-280, expect.closeTo(100)],
      [20, expect.closeTo(100)],
      301,
    ]);
    expect(shown.every(([, value]) => Math.abs(value - 100) < 1e-6)).toBe(true);
    expect([backend.count('live'), backend.count('live/samples')]).toEqual([21, 1]);
    end();
    await pass(10);
    expect(backend.count('live')).toBe(21);
  });

  it('returns the same frames as the backend', async () => {
    const { watch } = setUpLive([falco('a')]);
    const { last } = watch({ ...rate, legendFormat: '{{node}}!' });
    await pass(0);
    const [{ refId, meta, fields } = {} as DataFrame] = figures(last());
    expect([refId, meta?.type, meta?.custom, meta?.executedQueryString]).toEqual([
      'A',
      'timeseries-multi',
      { window: '60s' },
      'sum by (cluster, node) (rate(falcosecurity_scap_n_evts_total{}[60s]))',
    ]);
    expect(fields[1]).toMatchObject({
      name: 'kernel-event-rate',
      labels: { cluster: 'demo', node: 'a' },
      config: { unit: 'eps', displayNameFromDS: 'a!' },
    });
    await pass(30);
    expect(figures(last())[0]?.meta?.executedQueryString).toContain('[10s]');
  });

  it('replaces samples of counters that fall without a restart, and reports it', async () => {
    const healthy = falco('a');
    const dipAt = begin + skew + 20_000;
    const { watch } = setUpLive([
      {
        ...healthy,
        answer: (time) =>
          `${healthy.answer(time === dipAt ? time / 4 : time)}falcosecurity_falco_start_timestamp_nanoseconds 1e18\n`,
      },
    ]);
    const { answers, last } = watch(rate);
    await pass(30);
    const values = answers.flatMap((answer) => points(answer).map(([, value]) => value));
    expect(Math.max(...values.map((value) => Math.abs(value - 100)))).toBeLessThan(5);
    expect(notices(last())).toContainEqual(
      expect.stringMatching(/^Counters of a fell without a restart and came back, most recently at 01:00:21 UTC\./)
    );
  });

  it('shows a change at the next tick, completely after one window', async () => {
    const { watch } = setUpLive([falco('a', { begin: begin + skew + 30_500, perSecond: 10 })]);
    const { last } = watch({ queryType: 'signal', signals: ['kernel-drop-ratio'] });
    const at = async (second: number) => {
      await pass(second - (Date.now() - begin) / 1000);
      return points(last()).at(-1)![1];
    };
    expect(await at(30)).toBe(0);
    expect(await at(31)).toBeGreaterThan(0.001);
    expect(await at(41)).toBeGreaterThan(0.09);
  });

  it('marks the time at which rates switch to live scrapes', async () => {
    const { watch } = setUpLive([falco('a')]);
    const { last } = watch(rate);
    await pass(8);
    expect(last().data).toHaveLength(1);
    await pass(1);
    expect(last().data[1]).toMatchObject({
      meta: { dataTopic: 'annotations' },
      fields: [{ values: [begin + skew + 9000] }, { values: ['Live'] }, {}, {}],
    });
    expect(notices(last())).toEqual([
      'Since 01:00:09 UTC rates use a window of 10s instead of 60s, because live scrapes are closer together.',
    ]);
    await pass(301);
    expect([notices(last()), last().data.length]).toEqual([[], 1]);
    const { last: gauge } = watch({ queryType: 'signal', signals: ['memory-rss'] });
    await pass(20);
    expect([notices(gauge()), gauge().data.length]).toEqual([[], 1]);
  });

  it('respects the maximum number of points', async () => {
    const { watch } = setUpLive([falco('a')]);
    const { last } = watch(rate, { ...request, maxDataPoints: 20 });
    await pass(100);
    const shown = points(last());
    expect(shown.length).toBeLessThanOrEqual(20);
    expect(shown.at(-1)![0]).toBe(100);
    expect(shown[0]![0]).toBeGreaterThanOrEqual(-200);
    expect(figures(last())[0]!.fields[0]!.config.interval).toBe(30_000);
  });

  it('supports instant queries and tables', async () => {
    const { watch } = setUpLive([falco('a'), falco('b')]);
    const instant = watch({ ...rate, instant: true });
    const table = watch({ ...rate, refId: 'B', signals: ['kernel-event-rate', 'up'], format: 'table' });
    await pass(15);
    const shape = ({ data }: DataQueryResponse) =>
      data.map(({ meta, fields }) => [meta.type, ...fields.map(({ values }: { values: unknown[] }) => values)]);
    expect(shape(instant.last())).toEqual([
      ['numeric-multi', [expect.closeTo(100)]],
      ['numeric-multi', [expect.closeTo(100)]],
    ]);
    expect(shape(table.last())).toEqual([
      ['numeric-long', ['demo', 'demo'], ['a', 'b'], [expect.closeTo(100), expect.closeTo(100)], [1, 1]],
    ]);
  });

  it('cuts windows to the length of the history', async () => {
    const since = begin + skew - 60_000;
    const { answer, ...young } = falco('a');
    const { watch } = setUpLive([{ ...young, answer: (time) => (time < since ? undefined : answer(time)) }]);
    const instant = watch({ ...rate, instant: true, window: '5m' });
    const shown = watch({ ...rate, refId: 'B', window: '5m' });
    await pass(0);
    expect(figures(instant.last())[0]!.fields.at(-1)!.values).toEqual([expect.closeTo(100)]);
    expect(figures(instant.last())[0]!.meta!.executedQueryString).toContain('[61s]');
    const [before, now] = points(shown.last()).slice(-2);
    expect([before![1], now![1]]).toEqual([expect.any(Number), expect.closeTo(100)]);
    expect(before![1]).toBeLessThan(25); // over a range, as the backend has it
    await pass(300);
    expect(figures(instant.last())[0]!.meta!.executedQueryString).toContain('[300s]');
    expect(figures(instant.last())[0]!.fields.at(-1)!.values).toEqual([expect.closeTo(100)]);
  });

  it('has complete rates without a history, or a notice', async () => {
    const first = begin + skew + 500;
    const { answer, ...fresh } = falco('a');
    const { watch } = setUpLive([{ ...fresh, answer: (time) => (time < first ? undefined : answer(time)) }]);
    const { last } = watch(rate);
    const named = watch({ queryType: 'promql', expr: 'rate(falcosecurity_scap_n_evts_total[20s])' });
    await pass(15);
    expect(points(last()).every(([, value]) => Math.abs(value - 100) < 0.01)).toBe(true);
    expect(notices(last())).toEqual([expect.stringMatching(/^Since /)]);
    const told = ['Rates are too low at first, because the samples start later than the window: a.'];
    expect(notices(named.last())).toEqual(told);
    await pass(5);
    expect(points(named.last()).at(-1)![1]).toBeCloseTo(100, 1);
    expect(notices(named.last())).toEqual(told);
    await pass(300);
    expect(notices(named.last())).toEqual([]);
  });

  it('counts first occurrences in a history that is shorter than the window', async () => {
    const startedAt = begin + skew - 20_000;
    const matchedAt = begin + skew + 3_000;
    const { answer: _, ...a } = falco('a');
    const { watch } = setUpLive([
      {
        ...a,
        answer: (time) =>
          time < startedAt
            ? undefined
            : `falcosecurity_falco_start_timestamp_nanoseconds 1\n${time < matchedAt ? '' : 'falcosecurity_falco_rules_matches_total{rule_name="r",source="syscall",priority="4"} 1\n'}`,
      },
    ]);
    const { last } = watch({
      signals: ['matches-by-rule'],
      window: '15m',
      instant: true,
    });
    await pass(6);
    expect(figures(last()).map(({ fields }) => fields.at(-1)?.values)).toEqual([[1]]);
  });

  it('supports $__live', async () => {
    const { watch } = setUpLive([falco('a')]);
    const { last } = watch({
      queryType: 'promql',
      expr: 'increase(falcosecurity_scap_n_evts_total[$__live])',
      instant: true,
    });
    await pass(0);
    expect(figures(last())[0]!.fields).toEqual([]);
    expect(notices(last())).toEqual(['The first values come with the second live scrape, within 1s.']);
    await pass(40);
    expect(notices(last())).toEqual([]);
    expect(figures(last())[0]!.fields[0]!.values).toEqual([expect.closeTo(4000, 0)]);
    expect(figures(last())[0]!.meta!.executedQueryString).toBe('increase(falcosecurity_scap_n_evts_total[40001ms])');
  });

  it('adds filters to PromQL, and keeps only the metrics it needs', async () => {
    const { backend, watch } = setUpLive([falco('a'), falco('b')]);
    const filters = [{ key: 'node', operator: '=' as const, value: 'b' }];
    const { last } = watch({ queryType: 'promql', expr: 'falcosecurity_falco_memory_rss_bytes / 2', filters });
    await pass(3);
    expect(figures(last()).map(({ fields }) => fields[1]!.labels)).toEqual([{ cluster: 'demo', node: 'b' }]);
    expect(
      backend.calls.filter(({ path }) => path.startsWith('live')).map(({ params }) => params['ids'] ?? '')
    ).not.toContain('id-a');
    expect(backend.calls.find(({ path }) => path === 'live/samples')?.params['metrics']).toBe(
      'falcosecurity_falco_memory_rss_bytes,up'
    );
  });
});

describe('Several panels', () => {
  it('share one request per tick, and one live query if they are the same', async () => {
    const { backend, watch } = setUpLive([falco('a'), falco('b')]);
    const only = (value: string) => ({ filters: [{ key: 'node', operator: '=' as const, value }] });
    const panels = [
      watch({ signals: ['kernel-event-rate'], ...only('a') }),
      watch({ signals: ['kernel-event-rate'], ...only('a'), refId: 'B', legendFormat: 'x' }),
      watch({ signals: ['memory-rss'], ...only('b') }),
    ];
    await pass(10);
    expect(backend.count('live')).toBeLessThanOrEqual(12);
    expect(backend.calls.filter(({ path }) => path === 'live').at(-1)?.params['ids']).toBe('id-a,id-b');
    expect(backend.count('live/samples')).toBe(2);
    expect(panels.map(({ last }) => points(last()).at(-1)?.[0])).toEqual([10, 10, 10]);
    panels[2]!.end();
    await pass(2);
    expect(backend.calls.at(-1)?.params['ids']).toBe('id-a');
    panels[0]!.end();
    await pass(2);
    expect(points(panels[1]!.last()).at(-1)?.[0]).toBe(14);
    panels[1]!.end();
    const asked = backend.calls.length;
    await pass(60);
    expect(backend.calls).toHaveLength(asked);
  });

  it('continue after a refresh', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    const first = watch({ signals: ['kernel-event-rate'] });
    await pass(20);
    const before = points(first.last());
    first.end();
    await pass(0.5);
    const { answers, last } = watch({ signals: ['kernel-event-rate'] });
    await pass(0);
    expect(points(answers[0]!)).toEqual(before);
    await pass(5);
    expect(points(last()).length).toBeGreaterThan(before.length - 6);
    expect(backend.count('live/samples')).toBe(1);
  });

  it('start over when they return later', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    watch({ signals: ['kernel-event-rate'] }).end();
    const first = watch({ queryType: 'promql', expr: 'increase(up[$__live])', instant: true });
    await pass(20);
    first.end();
    await pass(31);
    const { last } = watch({ queryType: 'promql', expr: 'increase(up[$__live])', instant: true });
    await pass(3);
    expect(figures(last())[0]!.meta!.executedQueryString).toBe('increase(up[3001ms])');
    expect(backend.count('live/samples')).toBe(2);
  });
});

describe('A panel that is opened later', () => {
  const rate = { signals: ['kernel-event-rate'] };
  const sum = {
    queryType: 'promql' as const,
    expr: 'increase(falcosecurity_scap_n_evts_total[$__live])',
    instant: true,
  };
  const only = (answer: DataQueryResponse) => figures(answer)[0]!.fields[0]!.values[0];

  it('has complete rates immediately', async () => {
    const { watch } = setUpLive([falco('a')]);
    watch({ signals: ['memory-rss'] });
    await pass(35);
    const { last } = watch(rate);
    for (let second = 1; second < 15; second++) {
      await pass(1);
      expect(points(last()).every(([, value]) => Math.abs(value - 100) < 0.01)).toBe(true);
    }
  });

  it('uses the time at which the page started to watch for $__live', async () => {
    const { watch } = setUpLive([falco('a'), falco('b')]);
    watch({ signals: ['memory-rss'] });
    await pass(100);
    const ofNode = (value: string) => ({ ...sum, filters: [{ key: 'node', operator: '=' as const, value }] });
    const { last, end } = watch(ofNode('a'));
    await pass(5);
    expect(only(last())).toBeCloseTo(10_500, -1);
    end();
    watch(ofNode('b'));
    await pass(60);
    const again = watch(ofNode('a'));
    await pass(5);
    expect(only(again.last())).toBeCloseTo(17_000, -1);
  });

  it('loses nothing in a refresh', async () => {
    const { watch } = setUpLive([falco('a')]);
    watch({ signals: ['memory-rss'] });
    const { last, end } = watch(sum);
    await pass(300);
    expect(only(last())).toBeCloseTo(30_000, -1);
    end();
    await pass(2);
    const again = watch(sum);
    await pass(3);
    expect(only(again.last())).toBeCloseTo(30_500, -1);
  });

  it('has complete rates of a node that joins, or a notice', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    const { last } = watch(rate);
    await pass(30);
    backend.targets = [falco('a'), falco('b')];
    await pass(14);
    const values = figures(last())[1]!.fields[1]!.values;
    expect(values.every((value: number) => Math.abs(value - 100) < 0.01)).toBe(true);
    const { answer, ...fresh } = falco('c');
    const first = backend.now() + 10_000;
    backend.targets = [...backend.targets, { ...fresh, answer: (time) => (time < first ? undefined : answer(time)) }];
    const told = 'Rates are too low at first, because the samples start later than the window: c.';
    await pass(8);
    expect(notices(last())).not.toContain(told);
    await pass(4);
    expect(notices(last())).toContain(told);
    await pass(9);
    expect(figures(last())[2]!.fields[1]!.values.at(-1)).toBeCloseTo(100);
    await pass(300);
    expect(notices(last())).not.toContain(told);
  });
});

describe('A hidden page', () => {
  it('does not poll, and is filled from the history afterwards', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    const { last } = watch({ signals: ['kernel-event-rate'] });
    await pass(20);
    setHidden(true);
    await pass(0);
    const asked = backend.calls.length;
    await pass(120);
    expect(backend.calls).toHaveLength(asked);
    setHidden(false);
    await pass(1);
    const shown = points(last());
    expect(shown.at(-1)![0]).toBeGreaterThanOrEqual(140);
    const gaps = shown.slice(1).map(([at], i) => at - shown[i]![0]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2);
    expect(shown.every(([, value]) => Math.abs(value - 100) < 1e-6)).toBe(true);
  });
});

describe('Failures', () => {
  const signal = { signals: ['kernel-event-rate'] };

  it('of one target are a notice until it recovers', async () => {
    const down = { from: Infinity, to: Infinity };
    const a = falco('a');
    const { watch } = setUpLive([
      { ...a, answer: (time) => (time >= down.from && time < down.to ? undefined : a.answer(time)) },
      falco('b'),
    ]);
    const { last } = watch(signal);
    await pass(20);
    down.from = begin + skew + 20_000;
    down.to = begin + skew + 30_000;
    await pass(1);
    expect(notices(last())).toContain('No metrics from 1 of 2 nodes: a. Connection refused.');
    expect(figures(last())).toHaveLength(2);
    await pass(10);
    expect(notices(last()).join()).not.toContain('No metrics');
    expect(points(last()).at(-1)![0]).toBe(31);
  });

  it('of all targets are an error when there is nothing to show', async () => {
    const { watch } = setUpLive([{ ...falco('a'), answer: () => undefined }]);
    const { last } = watch({ signals: ['memory-rss'] });
    await pass(3);
    expect(last()).toMatchObject({
      data: [],
      errors: [{ refId: 'A', message: 'No metrics from a. Connection refused.' }],
    });
  });

  it('of the connection are reported and recovered from', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    const { last } = watch(signal);
    await pass(20);
    backend.refused.set('live', { status: 502, error: 'Bad Gateway' });
    await pass(2);
    expect(notices(last())).toContain('Live updates have stalled and resume automatically: Bad Gateway.');
    await pass(60);
    const asked = backend.count('live');
    expect(asked).toBeLessThan(35);
    backend.refused.clear();
    await pass(30);
    expect(notices(last()).join()).not.toContain('stalled');
    const shown = points(last());
    const gaps = shown.slice(1).map(([at], i) => at - shown[i]![0]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2);
  });

  it('of the list of targets are reported and recovered from', async () => {
    const { backend, fallBack, watch } = setUpLive([falco('a')]);
    backend.refused.set('targets', { status: 502, error: 'Bad Gateway' });
    const { last } = watch(signal);
    await pass(0);
    expect([figures(last())[0]!.fields, notices(last())]).toEqual([
      [],
      ['Live updates have stalled and resume automatically: Bad Gateway.'],
    ]);
    backend.refused.clear();
    await pass(5);
    expect([points(last()).at(-1), notices(last())]).toEqual([[5, expect.closeTo(100)], []]);
    expect(fallBack).not.toHaveBeenCalled();
  });

  it('to match any target are reported until one matches', async () => {
    const { backend, fallBack, watch } = setUpLive([{ ...falco('a'), labels: {} }]);
    const { last } = watch({ ...signal, filters: [{ key: 'node', operator: '=', value: 'a' }] });
    await pass(12);
    expect(notices(last())).toEqual([
      'No target matches the filters of this query. Live updates start automatically when one does.',
    ]);
    backend.targets = [falco('a')];
    await pass(10);
    expect(notices(last())).not.toContain(expect.stringContaining('No target'));
    expect(points(last()).at(-1)).toEqual([22, expect.closeTo(100)]);
    expect(fallBack).not.toHaveBeenCalled();
  });

  it('to respond are reported and retried', async () => {
    let hangs = false;
    const { watch } = setUpLive(
      [falco('a')],
      (get) => (path, params) => (hangs && path === 'live' ? new Promise(() => {}) : get(path, params))
    );
    const { answers, last } = watch(signal);
    await pass(20);
    hangs = true;
    await pass(4);
    expect(notices(last())).toContain(
      'Live updates have stalled and resume automatically: the backend has not responded yet.'
    );
    await pass(8);
    expect(notices(last())).toContain('Live updates have stalled and resume automatically: no response within 10s.');
    const told = answers.length;
    await pass(600);
    expect(answers.length).toBeGreaterThan(told + 10);
    hangs = false;
    await pass(60);
    expect(notices(last()).join()).not.toContain('stalled');
    expect(points(last()).at(-1)![0]).toBeGreaterThan(690);
  });

  it('to send new scrapes are reported', async () => {
    const stuck = falco('a');
    const { watch } = setUpLive([stuck]);
    const { last } = watch(signal);
    await pass(20);
    stuck.live = { time: begin + skew + 20_000 };
    await pass(5);
    expect(notices(last())).toContain(
      'Live updates have stalled and resume automatically: no new scrapes have arrived.'
    );
    stuck.live = {};
    await pass(1);
    expect(notices(last()).join()).not.toContain('stalled');
  });

  it("of the backend's clock, which was set back, restart live queries", async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    const { last } = watch(signal);
    await pass(20);
    backend.skew -= 120_000;
    await pass(20);
    const shown = points(last());
    expect([shown[0]![0], shown.at(-1)]).toEqual([-380, [-80, expect.closeTo(100)]]);
    expect(shown.every(([, value]) => Math.abs(value - 100) < 0.01)).toBe(true);
  });

  it('of a target that moves to another address do not interrupt its series', async () => {
    const old = falco('a');
    const { backend, watch } = setUpLive([old]);
    const { last } = watch(signal);
    await pass(20);
    backend.targets = [
      { ...old, live: { elsewhere: true, time: undefined, text: undefined } },
      { ...old, id: 'new' },
    ];
    await pass(25);
    expect(backend.calls.filter(({ path }) => path === 'live').at(-1)?.params['ids']).toBe('id-a,new');
    backend.targets = [{ ...old, id: 'new' }];
    await pass(25);
    expect(figures(last())).toHaveLength(1);
    expect(points(last()).at(-1)).toEqual([70, expect.closeTo(100)]);
  });

  it('to scrape in time are reported', async () => {
    const { watch } = setUpLive([
      falco('a'),
      { ...falco('b'), live: { time: undefined, text: undefined, waiting: 4.2, state: 'pending' } },
    ]);
    const { last } = watch(signal);
    await pass(1);
    expect(notices(last())).toContain('Waiting for 1 of 2 nodes: b. The scrape has been running for 4 s.');
  });

  it('to evaluate are an error and retried', async () => {
    const { watch } = setUpLive([falco('a'), falco('b')]);
    const { last } = watch({ queryType: 'promql', expr: 'up + on () up' });
    await pass(1);
    expect(last().errors?.[0]?.message).toMatch(/^Cannot evaluate the expression: .*many-to-many/);
  });

  it('of the history leave live samples', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    backend.refused.set('live/samples', { status: 400, error: 'there are more than 500000 samples in this range' });
    const { last } = watch(signal);
    await pass(20);
    expect(notices(last())).toContain(
      'No data from before live mode: there are more than 500000 samples in this range.'
    );
    expect(points(last()).at(-1)).toEqual([20, expect.closeTo(100)]);
  });

  it('come with reasons for missing values only while values are missing', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    backend.reasons.missing = [{ severity: 'warning', text: 'Not enabled.' }];
    backend.reasons.besides = [{ severity: 'info', text: 'Data starts at 10:00 UTC.' }];
    const known = watch(signal);
    const unknown = watch({ refId: 'B', signals: ['server-load'] });
    await pass(2);
    expect([notices(known.last()), notices(unknown.last())]).toEqual([
      ['Data starts at 10:00 UTC.'],
      ['Not enabled.', 'Data starts at 10:00 UTC.'],
    ]);
  });

  it('carry the hints on their first frame, for the query editor', async () => {
    const { backend, watch } = setUpLive([falco('a'), falco('b')]);
    const hint = { text: 'Use rate().', fix: { type: 'ADD_RATE', options: { metrics: 'up' } } };
    backend.reasons.hints = [hint];
    const { last } = watch({ queryType: 'promql', expr: 'up' });
    await pass(2);
    expect(last().data.map(({ meta }: DataFrame) => meta?.custom?.['hints'])).toEqual([[hint], undefined]);
  });

  it('come with reasons if one of several signals has no values', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    backend.reasons.missing = [{ severity: 'warning', text: 'Not enabled.' }];
    const { last } = watch({ signals: ['memory-rss', 'server-load'] });
    await pass(2);
    expect([figures(last()).length, notices(last())]).toEqual([1, ['Not enabled.']]);
  });

  it('are explained again soon if the reason is transient', async () => {
    const { backend, watch } = setUpLive([falco('a')]);
    backend.reasons.missing = [{ severity: 'info', text: 'Not yet two scrapes.' }];
    backend.reasons.passing = true;
    const { last } = watch({ signals: ['server-load'] });
    await pass(3);
    expect(notices(last())).toEqual(['Not yet two scrapes.']);
    backend.reasons = { missing: [], besides: [], hints: [], passing: false };
    await pass(3);
    expect(notices(last())).toEqual([]);
    const asked = backend.count('live/reasons');
    await pass(20);
    expect(backend.count('live/reasons')).toBe(asked);
  });
});

describe('A slow history', () => {
  /** Responses with history are delayed. */
  const late = (seconds: number) =>
    setUpLive([falco('a')], (get) => async (path, params) => {
      if (path === 'live/samples') {
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
      return get(path, params);
    });
  const waits = 'Loading data from before live mode.';

  it('does not delay live samples', async () => {
    const { watch } = late(20);
    const { answers, last } = watch({ signals: ['kernel-event-rate'] });
    await pass(2);
    expect(answers).toEqual([]);
    await pass(13);
    expect(notices(last())).toContain(waits);
    expect(points(last()).map(([at]) => at)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    await pass(10);
    expect(notices(last())).not.toContain(waits);
    const shown = points(last());
    expect([shown[0]![0], shown.length]).toEqual([-275, 300]); // a rate begins with the second scrape
    expect(shown.every(([, value]) => Math.abs(value - 100) < 0.01)).toBe(true);
  });

  it('times out', async () => {
    const { watch } = late(1000);
    const { last } = watch({ signals: ['kernel-event-rate'] });
    await pass(70);
    expect(notices(last())).toContain('No data from before live mode: no response within 60s.');
    expect(points(last()).at(-1)).toEqual([70, expect.closeTo(100)]);
  });
});

describe('The backend answers', () => {
  it.each([
    [
      'what the evaluator does not know',
      { queryType: 'promql', expr: 'up or histogram_sum(x)' },
      '1:7: the function histogram_sum is not supported in live mode',
    ],
    [
      'a fixed time',
      { queryType: 'promql', expr: 'up @ 1700000000' },
      '1:1: a fixed time is not supported in live mode',
    ],
    ['what is no PromQL: the backend says so best', { queryType: 'promql', expr: 'up +' }, undefined],
    [
      'a filter that PromQL cannot have',
      { queryType: 'promql', expr: 'up', filters: [{ key: 'version', operator: '=', value: '1' }] },
      undefined,
    ],
    ['a signal that is not known', { signals: ['nothing'] }, undefined],
    [
      'a signal of received alerts',
      { signals: ['delivery-time-p95'] },
      'the backend records received alerts once per scrape interval',
    ],
    [
      'an expression that exceeds the limits',
      { queryType: 'promql', expr: `${'abs('.repeat(9000)}up${')'.repeat(9000)}` },
      undefined,
    ],
    [
      'long filters',
      { signals: ['up'], filters: [{ key: 'node', operator: '=~', value: 'x|'.repeat(35_000) }] },
      'its filters are longer than limits.expressionSizeLimit; choose fewer values',
    ],
    ['a long expression', { queryType: 'promql', expr: `up{a="${'x'.repeat(70_000)}"}` }, undefined],
  ] as Array<[string, Partial<CompleteQuery>, string | undefined]>)('%s', async (_, query, why) => {
    const { fallBack, watch } = setUpLive([falco('a')]);
    const { answers } = watch(query);
    await pass(1);
    expect(fallBack.mock.calls.map(([{ refId }, reason]) => [refId, reason])).toEqual([['A', why]]);
    expect(answers).toEqual([{ data: [`history of A: ${why}`] }]);
  });

  it('queries that fail in live mode, and the reason is given', async () => {
    const { backend, fallBack, watch } = setUpLive([falco('a')]);
    backend.reasons.besides = 5 as unknown as unknown[];
    watch({ signals: ['up'] });
    await pass(1);
    expect(fallBack.mock.calls[0]?.[1]).toMatch(/not iterable/);
  });

  it('queries about too many targets', async () => {
    const { fallBack, watch } = setUpLive(Array.from({ length: 21 }, (_, i) => falco(`n${i}`)));
    watch({ signals: ['up'] });
    await pass(1);
    expect(fallBack.mock.calls[0]?.[1]).toBe(
      'a live query reads at most 20 targets, and this one reads 21; filter by node'
    );
  });

  it('users without permission, even if it is revoked', async () => {
    const { backend, fallBack, watch } = setUpLive([falco('a')]);
    watch({ signals: ['up'] });
    await pass(5);
    backend.refused.set('live', { status: 403, error: 'live is for editors' });
    await pass(1);
    expect(fallBack.mock.calls[0]?.[1]).toBe('live is for editors');
    await pass(5);
    expect(backend.count('live')).toBe(7);
  });
});

it('reads at most 60 targets for a page', async () => {
  const { backend, watch, fallBack } = setUpLive(Array.from({ length: 80 }, (_, i) => falco(`n${10 + i}`)));
  const nodes = (pattern: string) => ({
    signals: ['up'],
    filters: [{ key: 'node', operator: '=~' as const, value: pattern }],
  });
  const [one, two] = [watch(nodes('n[12].')), watch(nodes('n[34].'))];
  await pass(2);
  expect(fallBack).not.toHaveBeenCalled();
  const three = watch(nodes('n[56].'));
  watch(nodes('n[78].'));
  await pass(3);
  expect(fallBack.mock.calls.map(([, reason]) => reason)).toEqual([
    'the live queries of a page read at most 60 targets together; filter by node, or show fewer panels',
  ]);
  expect([one, two, three].map((watched) => figures(watched.last()).length)).toEqual([20, 20, 20]);
  const last = backend.calls.filter(({ params }) => params['ids']).slice(-3);
  expect(last.map(({ params }) => params['ids']?.split(',').length)).toEqual([20, 20, 20]);
});

it('splits more than 20 targets into several requests', async () => {
  const all = Array.from({ length: 30 }, (_, i) => falco(`n${i}`));
  const { backend, watch } = setUpLive(all);
  const half = (pattern: string) => ({
    signals: ['up'],
    filters: [{ key: 'node', operator: '=~' as const, value: pattern }],
  });
  const [one, two] = [watch(half('n.')), watch(half('n..'))];
  await pass(3);
  expect(backend.calls.slice(-3).map(({ params }) => params['ids']?.split(',').length)).toEqual(
    expect.arrayContaining([20, 10])
  );
  expect([figures(one.last()).length, figures(two.last()).length]).toEqual([10, 20]);
});

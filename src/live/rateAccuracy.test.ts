/**
 * Live values are correct while panels are opened, closed and refreshed, the page is hidden, and nodes join and respond
 * slowly. Each node handles 100 events per second: every point of a rate must be 100, and sums grow by 100 per second.
 */
import { type DataQueryResponse } from '@grafana/data';
import { begin, figures, pass, setClock, setHidden, skew, setUpLive } from './testSetup';
import { falco } from './testing';

const metric = 'falcosecurity_scap_n_evts_total';
const rates = [
  { signals: ['kernel-event-rate'] },
  { signals: ['kernel-event-rate'], instant: true },
  { signals: ['kernel-event-rate'], filters: [{ key: 'node', operator: '=' as const, value: 'a' }] },
  { signals: ['kernel-event-rate'], window: '1m' },
  { signals: ['kernel-event-rate'], window: '7m', instant: true },
  { signals: ['kernel-event-rate'], window: '$__live', instant: true },
  { queryType: 'promql' as const, expr: `rate(${metric}[$__rate_interval])` },
  { queryType: 'promql' as const, expr: `rate(${metric}[40s])` },
  { queryType: 'promql' as const, expr: `avg(rate(${metric}[5m]))` },
  { queryType: 'promql' as const, expr: `avg_over_time(rate(${metric}[30s])[1m:10s])` },
];
const sum = { queryType: 'promql' as const, expr: `avg(increase(${metric}[$__live]))`, instant: true };
const other = { signals: ['memory-rss'] };
const queries = [...rates, ...rates, sum, sum, other];

interface Point {
  /** Seconds of the test. */
  at: number;
  value: number;
}

function points(answer: DataQueryResponse): Point[] {
  return figures(answer).flatMap(({ fields }) => {
    const times = fields.length > 1 ? fields[0]!.values : [Date.now() + skew];
    const values: number[] = fields.at(-1)?.values ?? [];
    return values.map((value, i) => ({ value, at: (times[i] - begin - skew) / 1000 }));
  });
}

/** A seeded pseudo-random generator of numbers below 1. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** A page whose panels, visibility and nodes change at random. `run` returns the wrong values it showed. */
class Page {
  private readonly random: () => number;
  private readonly live = setUpLive([falco('a')]);
  private readonly joining = [falco('b'), falco('c')];
  private readonly panels: Array<{ check: (all: boolean) => void; end: () => void }> = [];
  private readonly wrong: string[] = [];
  private readonly openedAt: number;
  private shownAt: number;
  private highest = 0;

  constructor(seed: number) {
    this.random = chance(seed);
    jest.setSystemTime(begin + Math.floor(60_000 * this.random()));
    this.openedAt = this.shownAt = Date.now();
  }

  async run(): Promise<string[]> {
    this.open();
    await pass(0); // sums begin with the first scrape
    for (let second = 0; second < 180 && this.wrong.length === 0; second++) {
      await this.happen();
      await pass(0.9 + this.random() / 5);
      this.panels.forEach(({ check }) => check(false));
    }
    for (const { check, end } of this.panels) {
      check(true);
      end();
    }
    expect(this.live.fallBack).not.toHaveBeenCalled();
    return this.wrong;
  }

  private async happen(): Promise<void> {
    const { random, panels, live, joining } = this;
    const what = random();
    if (what < 0.04) {
      this.open();
    } else if (what < 0.07 && panels.length > 1) {
      this.close();
    } else if (what < 0.08) {
      const count = panels.length;
      for (let i = 0; i < count; i++) {
        this.close();
      }
      await pass(2 * random());
      Array.from({ length: count }, () => this.open());
    } else if (what < 0.09) {
      setHidden(true);
      await pass(random() * (random() < 0.5 ? 6 : 60));
      setHidden(false);
      this.shownAt = Date.now();
    } else if (what < 0.12) {
      void this.hesitate();
    } else if (what < 0.13 && joining.length > 0) {
      live.backend.targets = [...live.backend.targets, joining.shift()!];
    }
  }

  /** The last node, if there are several, responds slowly for a while. */
  private async hesitate(): Promise<void> {
    const target = this.live.backend.targets.slice(1).at(-1);
    if (target) {
      target.live = { time: undefined, text: undefined, waiting: 1 };
      await new Promise((resolve) => setTimeout(resolve, 6000 * this.random()));
      target.live = {};
    }
  }

  private open(): void {
    const query = queries[Math.floor(this.random() * queries.length)]!;
    const { answers, end } = this.live.watch(query);
    const openedAt = Date.now();
    const isRight = query === sum ? this.isSum : query === other ? () => true : isRate;
    const check = (all: boolean) => {
      answers.splice(0, answers.length - 1); // the last one is whole, and many are large
      const shown = answers.flatMap(points);
      const now = (Date.now() - begin) / 1000;
      const isSettled = Date.now() - Math.max(openedAt, this.shownAt) > 3000;
      const off = shown.filter(({ at, value }) => (all || at > now - 5) && !isRight(value));
      if (off.length > 0 || (isSettled && !shown.some(({ at }) => at > now - 3))) {
        this.wrong.push(`${JSON.stringify(query)} at ${now}: ${JSON.stringify(off)}`);
      }
    };
    this.panels.push({ check, end });
  }

  private close(): void {
    const [panel] = this.panels.splice(Math.floor(this.random() * this.panels.length), 1);
    panel!.check(true);
    panel!.end();
  }

  /** A sum since the page was opened. It may lack the events of a slow node, and never falls by more than half a second's. */
  private isSum = (value: number): boolean => {
    const expected = (Date.now() - this.openedAt) / 10;
    const isRight = value >= this.highest - 60 && value > expected - 450 && value < expected + 150;
    this.highest = Math.max(this.highest, value);
    return isRight;
  };
}

function isRate(value: number): boolean {
  return Math.abs(value - 100) < 0.01;
}

beforeEach(() => setClock());
afterEach(() => jest.useRealTimers());

it.each(Array.from({ length: 8 }, (_, seed) => seed))(
  'random page %i',
  async (seed) => {
    expect(await new Page(seed).run()).toEqual([]);
  },
  30_000
);

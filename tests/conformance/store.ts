import { type Labels, type Matcher, type Source, type StoredSeries } from '../../src/promql';
import { type Point, type SeriesLine } from './series';

/** A query read samples of a kind that this evaluator does not support. */
export class Refusal extends Error {
  constructor(readonly construct: string) {
    super(construct);
  }
}

interface Loaded {
  labels: Labels;
  points: Map<number, Exclude<Point, undefined>>;
  /** Why the series cannot be read. */
  refused?: string;
  stored?: StoredSeries;
}

/** The samples that the `load` commands of a script have created. */
export class Store implements Source {
  private readonly series = new Map<string, Loaded>();

  /** `histograms`: also creates a native histogram from each classic one. */
  load(lines: SeriesLine[], step: number, histograms: boolean): void {
    let withStart = false;
    for (const { labels, points, startTimes } of lines) {
      if (startTimes) {
        withStart = true;
        continue;
      }
      const one = this.seriesWith(labels);
      one.stored = undefined;
      points.forEach((point, i) => {
        if (point !== undefined) {
          one.points.set(i * step, point);
        }
      });
      if (withStart) {
        one.refused = 'start timestamps';
        withStart = false;
      }
      if (points.includes('histogram')) {
        one.refused = 'native histogram samples';
      }
      const name = labels.get('__name__');
      if (histograms && name.endsWith('_bucket')) {
        this.seriesWith(labels.drop(['le']).set('__name__', name.slice(0, -7))).refused = 'native histogram samples';
      }
    }
  }

  select(matchers: readonly Matcher[]): StoredSeries[] {
    return [...this.series.values()]
      .filter(({ labels }) => matchers.every((matcher) => matcher.matches(labels.get(matcher.label))))
      .map((one) => {
        if (one.refused) {
          throw new Refusal(one.refused);
        }
        return (one.stored ??= store(one));
      });
  }

  private seriesWith(labels: Labels): Loaded {
    let one = this.series.get(labels.key);
    if (!one) {
      one = { labels, points: new Map() };
      this.series.set(labels.key, one);
    }
    return one;
  }
}

function store({ labels, points }: Loaded): StoredSeries {
  const sorted = [...points].sort(([a], [b]) => a - b);
  return {
    labels,
    times: Float64Array.from(sorted, ([time]) => time),
    values: Float64Array.from(sorted, ([, point]) => (typeof point === 'number' ? point : NaN)),
    stale: Uint8Array.from(sorted, ([, point]) => (point === 'stale' ? 1 : 0)),
    from: 0,
    to: sorted.length,
  };
}

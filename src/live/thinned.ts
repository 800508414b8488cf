import { type Matcher, type Source, type StoredSeries } from '../promql';

/**
 * The samples as the backend's scrapes would have them: of those that come faster, one an interval (milliseconds). A rate
 * over some samples that are close together and some that are not would read low: PromQL takes the average distance
 * between samples for what may be missing at the ends of a window.
 */
export class Thinned implements Source {
  constructor(
    private readonly source: Source,
    private readonly interval: number
  ) {}

  select(matchers: readonly Matcher[]): StoredSeries[] {
    return this.source.select(matchers).map((one) => this.thin(one));
  }

  private thin({ labels, times, values, stale, from, to }: StoredSeries): StoredSeries {
    const kept: number[] = [];
    let last = -Infinity;
    for (let i = from; i < to; i++) {
      // Scrapes are up to a tenth of a second off their times.
      if (stale[i] === 1 || times[i]! - last >= this.interval - 100) {
        kept.push(i);
        last = times[i]!;
      }
    }
    return {
      labels,
      times: Float64Array.from(kept, (i) => times[i]!),
      values: Float64Array.from(kept, (i) => values[i]!),
      stale: Uint8Array.from(kept, (i) => stale[i]!),
      from: 0,
      to: kept.length,
    };
  }
}

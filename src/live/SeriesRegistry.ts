import { Labels } from '../promql';
import { type Reading } from '../signals/types';
import { type SampleLine } from './parseSample';

/** A series of one target, as it is kept. Its value is that of the last exposition. */
export interface LiveSeries {
  readonly name: string;
  /** The labels that are kept, `__name__` included, without those of the target. */
  readonly labels: Labels;
  /** Its values are times in nanoseconds. */
  readonly isTime: boolean;
  value: number;
  /** Number of the last exposition that contained it. */
  seen: number;
}

/** A series with all the labels that were sent. Several of them become one {@link LiveSeries} when labels are dropped. */
export interface SentSeries {
  kept: LiveSeries;
  /** Number of the last exposition that contained it. */
  seen: number;
  /** The catalogue does not keep it. */
  isDropped: boolean;
}

/** The catalogue's rules for reading metrics and labels. */
export type ReadingRules = Pick<
  Reading,
  'keepLabels' | 'replaceValues' | 'keepMetrics' | 'keepSeries' | 'identifyingMetrics'
>;

const defaultLabelLimit = 64;

/** Finds the series of a sample line, and remembers them. */
export class SeriesRegistry {
  private readonly bySentLabels = new Map<string, SentSeries>();
  private readonly byKeptLabels = new Map<string, LiveSeries>();
  /** Metrics that the rules mention. */
  private readonly ruledMetrics: Set<string>;
  /** Which series of a metric are kept. */
  private readonly seriesFilters: Array<{ metric: string; label: string; pattern: RegExp; isWanted: boolean }>;

  constructor(
    private readonly rules: ReadingRules,
    private readonly limits: { labelValueLengthLimit: number; labelLimit?: number },
    private readonly maxRemembered: number
  ) {
    this.ruledMetrics = new Set(
      [...rules.keepLabels, ...rules.replaceValues, ...rules.keepSeries].map(({ metric }) => metric)
    );
    this.seriesFilters = rules.keepSeries.map(({ metric, label, operator, value }) => ({
      ...{ metric, label, isWanted: operator === '=~' },
      pattern: new RegExp(`^(?:${value})$`),
    }));
  }

  /** Number of remembered label sets. */
  get size(): number {
    return this.bySentLabels.size;
  }

  clear(): void {
    this.bySentLabels.clear();
    this.byKeptLabels.clear();
  }

  /** The series of a line, or why the line is refused. */
  find(line: SampleLine): SentSeries | { refused: string } {
    const { labelLimit = defaultLabelLimit, labelValueLengthLimit } = this.limits;
    if (line.labels.length > labelLimit) {
      return { refused: `${line.labels.length} labels; the limit is ${labelLimit} (limits.labelLimit)` };
    }
    const name = cleanMetricName(line.name);
    const pairs: Array<[string, string]> = [['__name__', name]];
    for (const [label, value] of line.labels) {
      pairs.push([cleanLabelName(label), value]);
    }
    const { labels: sent, duplicate } = Labels.fromPairs(pairs);
    if (duplicate !== undefined) {
      return { refused: `label ${duplicate} is given twice` };
    }
    const text = line.isPlain ? line.series : canonicalText(name, sent);
    const known = this.bySentLabels.get(text);
    if (known) {
      return known;
    }
    const { kept, isPartial } = this.applyRules(name, sent);
    const isDropped = this.ruledMetrics.has(name) && this.isDropped(name, sent);
    const refused = isDropped || line.series.length <= labelValueLengthLimit ? undefined : this.tooLong(kept);
    if (refused) {
      return { refused };
    }
    const series = { kept: this.keptSeries(name, kept, isPartial && !isDropped), seen: 0, isDropped };
    if (this.bySentLabels.size < this.maxRemembered) {
      this.bySentLabels.set(text, series);
    }
    return series;
  }

  /** Forgets series that the exposition with this number did not contain. */
  forgetUnseen(round: number): void {
    deleteUnseen(this.bySentLabels, round);
    deleteUnseen(this.byKeptLabels, round);
  }

  private keptSeries(name: string, labels: Labels, isPartial: boolean): LiveSeries {
    const known = isPartial ? this.byKeptLabels.get(labels.key) : undefined;
    const isTime = name.endsWith('timestamp_nanoseconds');
    const series = known ?? { name, labels, isTime, value: NaN, seen: 0 };
    if (isPartial) {
      this.byKeptLabels.set(labels.key, series);
    }
    return series;
  }

  /** Drops labels and replaces values by the catalogue's rules; `isPartial` is whether there are rules for the metric. */
  private applyRules(name: string, sent: Labels): { kept: Labels; isPartial: boolean } {
    let kept = sent;
    if (!this.ruledMetrics.has(name)) {
      return { kept, isPartial: false };
    }
    const keepRules = this.rules.keepLabels.filter(({ metric }) => metric === name);
    const valueRules = this.rules.replaceValues.filter(({ metric }) => metric === name);
    for (const { labels } of keepRules) {
      kept = kept.keep(['__name__', ...labels]);
    }
    for (const { label, allowed, otherwise } of valueRules) {
      const value = kept.get(label);
      kept = value === '' || allowed.includes(value) ? kept : kept.set(label, otherwise);
    }
    return { kept, isPartial: keepRules.length + valueRules.length > 0 };
  }

  private isDropped(name: string, sent: Labels): boolean {
    return this.seriesFilters.some(
      ({ metric, label, pattern, isWanted }) => metric === name && pattern.test(sent.get(label)) !== isWanted
    );
  }

  private tooLong(kept: Labels): string | undefined {
    const { labelValueLengthLimit } = this.limits;
    let refused: string | undefined;
    for (const [label, value] of kept.entries()) {
      for (const text of [label, value]) {
        const length = text.length > labelValueLengthLimit ? characterCount(text) : 0;
        if (length > labelValueLengthLimit) {
          const what = label === '__name__' ? 'the name' : `label ${excerpt(label, 40)}`;
          refused = `${what} is ${length} characters long; the limit is ${labelValueLengthLimit} (limits.labelValueLengthLimit)`;
        }
      }
    }
    return refused;
  }
}

function deleteUnseen(all: Map<string, { seen: number }>, round: number): void {
  for (const [key, { seen }] of all) {
    if (seen !== round) {
      all.delete(key);
    }
  }
}

/** A text that is unique to these labels: as a plain line writes them if possible. */
function canonicalText(name: string, labels: Labels): string {
  const pairs = labels.entries().filter(([label]) => label !== '__name__');
  if (pairs.some(([, value]) => /["\\\n]/.test(value))) {
    return labels.key;
  }
  return pairs.length === 0 ? name : `${name}{${pairs.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}

/** Replaces characters that PromQL does not accept in unquoted metric names. */
function cleanMetricName(name: string): string {
  return name.includes('.') || name.includes('-') ? name.replace(/[.-]/g, '_') : name;
}

function cleanLabelName(name: string): string {
  return name.includes(':') ? cleanMetricName(name).replaceAll(':', '_') : cleanMetricName(name);
}

/** The number of characters: a surrogate pair counts once. */
function characterCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) {
    count -= text.codePointAt(at)! > 0xffff ? 1 : 0;
  }
  return count;
}

/** A text, cut to a number of characters. */
export function excerpt(text: string, maxCharacters: number): string {
  // A character takes at most two code units.
  const characters = [...text.slice(0, 2 * maxCharacters + 2)];
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

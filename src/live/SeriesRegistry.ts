import { Labels } from '../promql';
import { type Reading } from '../signals/types';
import { type Line } from './parseSample';

/** A series of one target's answers, worked out once. Its value is that of the last answer. */
export interface LiveSeries {
  readonly name: string;
  /** As kept, `__name__` among them, without those of the target. */
  readonly labels: Labels;
  /** Its values are times in nanoseconds. */
  readonly isTime: boolean;
  value: number;
  /** Number of the last answer that had it. */
  seen: number;
}

/** A series as sent; several of them make one {@link LiveSeries} where labels are dropped. */
export interface Identity {
  series: LiveSeries;
  seen: number;
}

/** What the reader has to know of metrics; see {@link Reading}. */
export type ReadingRules = Pick<Reading, 'keepLabels' | 'foldValues'>;

/** Works out series from labels as they are sent, and remembers them. */
export class SeriesRegistry {
  private readonly bySent = new Map<string, Identity>();
  private readonly byKept = new Map<string, LiveSeries>();
  /** Metrics that have rules. */
  private readonly ruled: Set<string>;

  constructor(
    private readonly rules: ReadingRules,
    private readonly labelLength: number
  ) {
    this.ruled = new Set([...rules.keepLabels, ...rules.foldValues].map(({ metric }) => metric));
  }

  /** The series, or why its line is refused. */
  of(line: Line): Identity | { refused: string } {
    const name = clean(line.name);
    const all: Array<[string, string]> = [['__name__', name]];
    for (const [label, value] of line.labels) {
      all.push([cleanLabel(label), value]);
    }
    const { labels: sent, twice } = Labels.fromPairs(all);
    if (twice !== undefined) {
      return { refused: `label ${twice} is given twice` };
    }
    const text = line.isPlain ? line.series : textOf(name, sent);
    const known = this.bySent.get(text);
    if (known) {
      return known;
    }
    const { kept, partial } = this.keep(name, sent);
    const refused = line.series.length <= this.labelLength ? undefined : this.tooLong(kept);
    if (refused) {
      return { refused };
    }
    const identity = { series: this.series(name, kept, partial), seen: 0 };
    this.bySent.set(text, identity);
    return identity;
  }

  /** Drops what the last answer did not have. */
  forget(round: number): void {
    for (const [key, { seen }] of this.bySent) {
      if (seen !== round) {
        this.bySent.delete(key);
      }
    }
    for (const [key, { seen }] of this.byKept) {
      if (seen !== round) {
        this.byKept.delete(key);
      }
    }
  }

  private series(name: string, labels: Labels, partial: boolean): LiveSeries {
    const known = partial ? this.byKept.get(labels.key) : undefined;
    const isTime = name.endsWith('timestamp_nanoseconds');
    const series = known ?? { name, labels, isTime, value: NaN, seen: 0 };
    if (partial) {
      this.byKept.set(labels.key, series);
    }
    return series;
  }

  /** Drops the labels and folds the values that the catalogue does not want; `partial` is whether it wants so here. */
  private keep(name: string, sent: Labels): { kept: Labels; partial: boolean } {
    let kept = sent;
    if (!this.ruled.has(name)) {
      return { kept, partial: false };
    }
    const keepers = this.rules.keepLabels.filter(({ metric }) => metric === name);
    const folders = this.rules.foldValues.filter(({ metric }) => metric === name);
    for (const { labels } of keepers) {
      kept = kept.keep(['__name__', ...labels]);
    }
    for (const { label, allowed, otherwise } of folders) {
      const value = kept.get(label);
      kept = value === '' || allowed.includes(value) ? kept : kept.set(label, otherwise);
    }
    return { kept, partial: keepers.length + folders.length > 0 };
  }

  private tooLong(kept: Labels): string | undefined {
    let refused: string | undefined;
    for (const [label, value] of kept.entries()) {
      for (const text of [label, value]) {
        const length = text.length > this.labelLength ? [...text].length : 0;
        if (length > this.labelLength) {
          const what = label === '__name__' ? 'the name' : `label ${excerpt(label, 40)}`;
          refused = `${what} is ${length} characters long; the limit is ${this.labelLength} (limits.labelValueLengthLimit)`;
        }
      }
    }
    return refused;
  }
}

/** A text that only these labels have: as a plain line has it, if they can be written so. */
function textOf(name: string, labels: Labels): string {
  const all = labels.entries().filter(([label]) => label !== '__name__');
  if (all.some(([, value]) => /["\\\n]/.test(value))) {
    return labels.key;
  }
  return all.length === 0 ? name : `${name}{${all.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}

/** A name that PromQL can write without quotes. */
function clean(name: string): string {
  return name.includes('.') || name.includes('-') ? name.replace(/[.-]/g, '_') : name;
}

function cleanLabel(name: string): string {
  return name.includes(':') ? clean(name).replaceAll(':', '_') : clean(name);
}

/** At most so many characters of a text. */
export function excerpt(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

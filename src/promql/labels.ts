/** Name, type and unit: what an operation on a metric's values takes off its result. */
export const metadata = ['__name__', '__type__', '__unit__'];

/** The labels of a series, `__name__` among them. Immutable; a label without a value is no label. */
export class Labels {
  static readonly empty = new Labels([]);
  private text?: string;

  /** Name, value, name, value, …, sorted by name. */
  private constructor(private readonly pairs: readonly string[]) {}

  static fromRecord(record: Readonly<Record<string, string>>): Labels {
    return Labels.fromEntries(Object.entries(record));
  }

  static fromEntries(entries: ReadonlyArray<readonly [string, string]>): Labels {
    return Labels.fromPairs([...entries]).labels;
  }

  /** Of names and values, which are put in order for it; `twice` is the first name that is there twice. */
  static fromPairs(entries: Array<readonly [string, string]>): { labels: Labels; twice?: string } {
    if (entries.some(([name], i) => i > 0 && name < entries[i - 1]![0])) {
      entries.sort(([a], [b]) => order(a, b));
    }
    const pairs: string[] = [];
    let twice: string | undefined;
    let last: string | undefined;
    for (const [name, value] of entries) {
      twice ??= name === last ? name : undefined;
      last = name;
      if (value !== '') {
        pairs.push(name, value);
      }
    }
    return { labels: pairs.length === 0 ? Labels.empty : new Labels(pairs), twice };
  }

  /** Equal for equal labels. */
  get key(): string {
    return (this.text ??= this.pairs.join('\uffff'));
  }

  /** '' where there is no such label. */
  get(name: string): string {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] === name) {
        return pairs[i + 1]!;
      }
    }
    return '';
  }

  keep(names: readonly string[]): Labels {
    return this.filter((name) => names.includes(name));
  }

  drop(names: readonly string[]): Labels {
    return this.filter((name) => !names.includes(name));
  }

  /** Without name, type and unit. */
  dropMetadata(): Labels {
    return this.drop(metadata);
  }

  /** With the label; without it where the value is ''. */
  set(name: string, value: string): Labels {
    return Labels.fromEntries([...this.entries().filter(([own]) => own !== name), [name, value]]);
  }

  entries(): Array<[string, string]> {
    const all: Array<[string, string]> = [];
    for (let i = 0; i < this.pairs.length; i += 2) {
      all.push([this.pairs[i]!, this.pairs[i + 1]!]);
    }
    return all;
  }

  compare(other: Labels): number {
    const most = Math.min(this.pairs.length, other.pairs.length);
    for (let i = 0; i < most; i++) {
      const difference = order(this.pairs[i]!, other.pairs[i]!);
      if (difference !== 0) {
        return difference;
      }
    }
    return this.pairs.length - other.pairs.length;
  }

  /** As Prometheus's messages have it: `{__name__="up", node="a"}`. */
  toString(): string {
    return `{${this.entries()
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(', ')}}`;
  }

  private filter(keep: (name: string) => boolean): Labels {
    const { pairs } = this;
    const kept: string[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      if (keep(pairs[i]!)) {
        kept.push(pairs[i]!, pairs[i + 1]!);
      }
    }
    return kept.length === pairs.length ? this : kept.length === 0 ? Labels.empty : new Labels(kept);
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

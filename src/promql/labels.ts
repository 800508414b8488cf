/** The labels that an operation on values removes: name, type and unit. */
export const metadata = ['__name__', '__type__', '__unit__'];

/** The labels of a series, `__name__` included. Immutable. A label with an empty value does not exist. */
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

  /** Sorts the entries in place. `duplicate` is the first name that occurs twice. */
  static fromPairs(entries: Array<readonly [string, string]>): { labels: Labels; duplicate?: string } {
    if (entries.some(([name], i) => i > 0 && name < entries[i - 1]![0])) {
      entries.sort(([a], [b]) => order(a, b));
    }
    const pairs: string[] = [];
    let duplicate: string | undefined;
    let last: string | undefined;
    for (const [name, value] of entries) {
      duplicate ??= name === last ? name : undefined;
      last = name;
      if (value !== '') {
        pairs.push(name, value);
      }
    }
    return { labels: pairs.length === 0 ? Labels.empty : new Labels(pairs), duplicate };
  }

  /** Equal for equal labels. */
  get key(): string {
    return (this.text ??= this.pairs.join('\uffff'));
  }

  /** The value of a label; '' when it does not exist. */
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

  /** With a label set; removed when the value is ''. */
  set(name: string, value: string): Labels {
    return Labels.fromEntries([...this.entries().filter(([existing]) => existing !== name), [name, value]]);
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

  /** In the format of Prometheus's messages: `{__name__="up", node="a"}`. */
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

import { type Labels } from '../../promql';
import { type FrameOptions, type Known } from './result';

/** Gives series their names in legends; the rules of pkg/frames/names.go. */
export class Namer {
  private readonly hasSeveralSignals: boolean;
  private readonly skipped: string[];

  constructor(
    all: readonly Known[],
    private readonly options: FrameOptions
  ) {
    this.hasSeveralSignals = new Set(all.flatMap(({ result }) => result.signal?.id ?? [])).size > 1;
    // The cluster is worth a word only where there is more than one.
    const same = (name: string) => all.every(({ labels }) => labels.get(name) === all[0]!.labels.get(name));
    this.skipped = ['signal', ...options.identity.slice(0, -1).filter(same)];
  }

  /**
   * The legend with its `{{label}}`s and `{{signal}}` replaced. Without a legend it is what tells the series apart: the
   * values of a signal's labels, or a PromQL result's metric and labels.
   */
  name({ result: { signal, expr }, labels }: Known): string {
    const { legend, titles = {}, identity } = this.options;
    const title = (value: string) => titles[value] ?? value;
    if (legend) {
      return legend.replace(/\{\{\s*([^{}\s]+)\s*\}\}/g, (_, name: string) =>
        name === 'signal' && signal ? signal.title : title(labels.get(name))
      );
    }
    if (!signal) {
      return promName(labels) || expr;
    }
    const words = ordered(labels, identity)
      .filter((name) => !this.skipped.includes(name))
      .map((name) => title(labels.get(name)))
      .join(' ');
    if (words === '') {
      return signal.title;
    }
    return this.hasSeveralSignals ? `${signal.title}, ${words}` : words;
  }
}

function promName(labels: Labels): string {
  const rest = labels.drop(['__name__']);
  return labels.get('__name__') + (rest.entries().length > 0 ? String(rest) : '');
}

/** The names of labels: those given first, then the others. */
export function ordered(labels: Labels, first: readonly string[]): string[] {
  return leading(
    first,
    labels.entries().map(([name]) => name)
  );
}

/** Moves the names given to the front. */
export function leading(first: readonly string[], names: string[]): string[] {
  return [...first.filter((name) => names.includes(name)), ...names.filter((name) => !first.includes(name))];
}

import { type Labels } from '../../promql';
import { type Signal } from '../../signals/types';
import { leading } from './naturalOrder';
import { type FrameOptions, type FrameResult, type FrameSeries } from './result';

const part = /\{\{\s*([^{}\s]+)\s*\}\}/g;

/** Names series in legends and columns in tables, with the rules of pkg/frames/names.go. */
export class SeriesNamer {
  private readonly hasSeveralSignals: boolean;
  private readonly skipped: string[];

  constructor(
    all: readonly FrameSeries[],
    private readonly options: FrameOptions
  ) {
    this.hasSeveralSignals = new Set(all.flatMap(({ result }) => result.signal?.id ?? [])).size > 1;
    // The cluster is left out when there is only one.
    const same = (name: string) => all.every(({ labels }) => labels.get(name) === all[0]!.labels.get(name));
    this.skipped = ['signal', ...options.identity.slice(0, -1).filter(same)];
  }

  /**
   * The legend with `{{label}}` and `{{signal}}` replaced. Without a legend: the values of a signal's labels, or the metric
   * and labels of a PromQL result.
   */
  name({ result: { signal, expr }, labels }: FrameSeries): string {
    const { legendFormat: legend, identity } = this.options;
    if (legend) {
      return this.fill(legend, signal, labels);
    }
    if (!signal) {
      return promName(labels) || expr;
    }
    // The node before the cluster, because legends cut the end of a name.
    const words = ordered(labels, [...identity].reverse())
      .filter((name) => !this.skipped.includes(name))
      .map((name) => this.title(labels.get(name)))
      .join(' ');
    if (words === '') {
      return signal.title;
    }
    return this.hasSeveralSignals ? `${signal.title}, ${words}` : words;
  }

  /** Whether the legend of a table contains labels. Their values become columns. */
  get pivots(): boolean {
    return this.legendLabels.some((name) => name !== 'signal');
  }

  /** The name of a series' column in a table: the legend, or the signal's title. */
  columnName({ signal }: FrameResult, labels: Labels): string {
    const { legendFormat: legend } = this.options;
    return legend ? this.fill(legend, signal, labels) : (signal?.title ?? 'Value');
  }

  /** The labels that have columns of their own in a table: those that are not in the legend. */
  rowLabels(labels: Labels): Labels {
    return labels.drop(this.legendLabels);
  }

  private get legendLabels(): string[] {
    return [...(this.options.legendFormat ?? '').matchAll(part)].map(([, name = '']) => name);
  }

  private fill(legend: string, signal: Signal | undefined, labels: Labels): string {
    return legend.replace(part, (_, name: string) =>
      name === 'signal' && signal ? signal.title : this.title(labels.get(name))
    );
  }

  private title(value: string): string {
    return this.options.titles?.[value] ?? value;
  }
}

function promName(labels: Labels): string {
  const rest = labels.drop(['__name__']);
  return labels.get('__name__') + (rest.entries().length > 0 ? String(rest) : '');
}

/** The names of labels, with those in `first` in front. */
export function ordered(labels: Labels, first: readonly string[]): string[] {
  return leading(
    first,
    labels.entries().map(([name]) => name)
  );
}

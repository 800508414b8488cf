import { type Field, FieldType } from '@grafana/data';
import { type Labels } from '../../promql';
import { fieldConfig } from './config';
import { leading } from './names';
import { type FrameOptions, type FrameResult, type Known } from './result';

/** What a table shows of one label set, at one time where the query spans a range. */
interface Row {
  at: number;
  labels: Labels;
  /** One of every result; null where it has none. */
  values: Array<number | null>;
}

/**
 * One column of every label and of every result; what a row lacks is null. Rows are in the order of time, then of labels;
 * an instant's rows of PromQL stay in the order of the result.
 */
export function tableFields(results: readonly FrameResult[], all: Known[], { identity, step }: FrameOptions): Field[] {
  const rows = collect(results.length, all);
  const found = new Set(all.flatMap(({ labels }) => labels.entries().map(([name]) => name)));
  const names = leading(identity, [...found].sort());
  if (step !== undefined || results[0]!.signal) {
    rows.sort((a, b) => a.at - b.at || compare(a.labels, b.labels, names));
  }
  const time: Field = { name: 'Time', type: FieldType.time, config: {}, values: rows.map(({ at }) => at) };
  const words = names.map((name): Field => {
    // Plain text: a table whose default is coloured text would paint it in the colour of the lowest threshold.
    const config = { custom: { cellOptions: { type: 'auto' } } };
    return { name, type: FieldType.string, config, values: rows.map(({ labels }) => labels.get(name)) };
  });
  const figures = results.map(({ signal }, i): Field => {
    const { links: _, ...config } = fieldConfig(signal); // links would underline every cell
    return {
      name: signal?.id ?? 'Value',
      type: FieldType.number,
      config: { ...config, ...(signal && { displayNameFromDS: signal.title }) },
      values: rows.map(({ values }) => values[i] ?? null),
    };
  });
  return [...(step === undefined ? [] : [time]), ...words, ...figures];
}

function collect(width: number, all: Known[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { labels, times, values, index, isInstant } of all) {
    values.forEach((value, i) => {
      const at = isInstant ? 0 : times[i]!;
      const key = `${at} ${labels.key}`;
      let row = rows.get(key);
      if (!row) {
        row = { at, labels, values: Array.from({ length: width }, () => null) };
        rows.set(key, row);
      }
      row.values[index] = value;
    });
  }
  return [...rows.values()];
}

function compare(a: Labels, b: Labels, names: string[]): number {
  for (const name of names) {
    const [left, right] = [a.get(name), b.get(name)];
    if (left !== right) {
      return left < right ? -1 : 1;
    }
  }
  return 0;
}

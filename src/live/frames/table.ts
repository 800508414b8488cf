import { type Field, FieldType } from '@grafana/data';
import { Labels } from '../../promql';
import { fieldConfig, nameMissing } from './config';
import { compareLabels, compareNatural, namesOf } from './naturalOrder';
import { SeriesNamer } from './SeriesNamer';
import { type FrameOptions, type FrameResult, type FrameSeries } from './result';

/** A row: one label set, and one time if the query covers a range. */
interface Row {
  at: number;
  labels: Labels;
  /** Values by column. Columns without a value are null in the frame. */
  values: Map<Column, number>;
}

/** A column: one result, or one value of the legend's labels. */
interface Column {
  index: number;
  name: string;
}

/**
 * One column per label and per result. Rows are sorted by time, then by labels; the rows of an instant PromQL query stay in
 * the order of the result.
 */
export function tableFields(results: readonly FrameResult[], all: FrameSeries[], options: FrameOptions): Field[] {
  const { identity, orders, step } = options;
  const namer = new SeriesNamer(all, options);
  const columns = columnsOf(results, all, namer);
  const rows = rowsOf(all, namer, columns);
  const names = namesOf(rows, identity);
  if (step !== undefined || results[0]!.signal) {
    rows.sort((a, b) => a.at - b.at || compareLabels(a.labels, b.labels, names, orders));
  }
  const time: Field = { name: 'Time', type: FieldType.time, config: {}, values: rows.map(({ at }) => at) };
  const words = names.map((name): Field => {
    // Plain text. A table with coloured text as its default would use the colour of the lowest threshold.
    const config = { custom: { cellOptions: { type: 'auto' } } };
    return { name, type: FieldType.string, config, values: rows.map(({ labels }) => labels.get(name)) };
  });
  const isComparable = !namer.pivots && areAlike(rows, identity);
  const figures = columns.map((column): Field => {
    const { signal } = results[column.index]!;
    const { links: _, ...plain } = fieldConfig(signal, options.unit); // links would underline every cell
    const config = isComparable ? nameMissing(plain, signal) : plain;
    return {
      name: namer.pivots ? column.name : (signal?.id ?? 'Value'),
      type: FieldType.number,
      config: { ...config, displayNameFromDS: column.name },
      values: rows.map(({ values }) => values.get(column) ?? null),
    };
  });
  return [...(step === undefined ? [] : [time]), ...words, ...figures];
}

/**
 * Whether all rows have the same labels, apart from the identity. Otherwise, a cell may be empty because the signal does not
 * have the labels of the row.
 */
function areAlike(rows: Row[], identity: readonly string[]): boolean {
  const own = ({ labels }: Row) =>
    labels
      .entries()
      .flatMap(([name]) => (identity.includes(name) ? [] : [name]))
      .join();
  return rows.every((row) => own(row) === own(rows[0]!));
}

function columnsOf(results: readonly FrameResult[], all: FrameSeries[], namer: SeriesNamer): Column[] {
  if (!namer.pivots) {
    return results.map((result, index) => ({ index, name: namer.columnName(result, Labels.empty) }));
  }
  const found = new Map<string, Column>();
  for (const { result, index, labels } of all) {
    const name = namer.columnName(result, labels);
    found.set(`${index} ${name}`, { index, name });
  }
  return [...found.values()].sort((a, b) => a.index - b.index || compareNatural(a.name, b.name));
}

function rowsOf(all: FrameSeries[], namer: SeriesNamer, columns: Column[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { result, labels, times, values, index, isInstant } of all) {
    const name = namer.columnName(result, namer.pivots ? labels : Labels.empty);
    const column = columns.find((one) => one.index === index && one.name === name)!;
    const rowLabels = namer.rowLabels(labels);
    values.forEach((value, i) => {
      const at = isInstant ? 0 : times[i]!;
      const key = `${at} ${rowLabels.key}`;
      const row = rows.get(key) ?? { at, labels: rowLabels, values: new Map() };
      rows.set(key, row);
      row.values.set(column, value);
    });
  }
  return [...rows.values()];
}

import { type DataFrame, dataFrameFromJSON, type DataFrameJSON } from '@grafana/data';
import { readdirSync, readFileSync } from 'node:fs';
import { Labels } from '../../promql';
import { type Signal } from '../../signals/types';
import { parseDuration } from '../../signals/window';
import { framesOf } from './frames';
import { type FrameOptions, type FrameResult } from './result';

/** A file of tests/corpora/frames, which pkg/frames passesFilters, too. Numbers that JSON does not have are words. */
interface Case {
  results: Array<{
    signal?: Signal;
    expr: string;
    window?: string;
    matrix?: Array<{ labels: Record<string, string>; times: number[]; values: Array<number | string> }>;
    vector?: Array<{ labels: Record<string, string>; value: number | string }>;
    scalar?: number | string;
    string?: string;
    /** Of comparisons and limits, which are never live. */
    column?: string;
    ranked?: boolean;
  }>;
  options: Omit<FrameOptions, 'step' | 'table' | 'notices'> & {
    step?: string;
    table?: boolean;
    notices?: FrameOptions['notices'];
  };
  frames?: DataFrameJSON[];
  error?: string;
}

const folder = 'tests/corpora/frames';
const cases = readdirSync(folder).map((name) => {
  const content = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Case;
  return { name: name.replace('.json', ''), ...content };
});

function number(given: number | string): number {
  return Number(typeof given === 'string' ? given.replace('Inf', 'Infinity') : given);
}

function resultOf({ signal, expr, window, matrix, vector, scalar, string }: Case['results'][number]): FrameResult {
  const base = { signal, expr, window: window === undefined ? undefined : parseDuration(window) };
  const one = (labels: Record<string, string>, value: number | string) => ({
    labels: Labels.fromRecord(labels),
    times: [0],
    values: [number(value)],
  });
  if (scalar !== undefined) {
    return { ...base, type: 'scalar', series: [one({}, scalar)] };
  }
  if (string !== undefined) {
    return { ...base, type: 'string', series: [] };
  }
  return vector
    ? { ...base, type: 'vector', series: vector.map(({ labels, value }) => one(labels, value)) }
    : {
        ...base,
        type: 'matrix',
        series: (matrix ?? []).map(({ labels, times, values }) => ({
          labels: Labels.fromRecord(labels),
          times,
          values: values.map(number),
        })),
      };
}

/** What tells frames apart: types of Go and lookups for what JSON cannot write are no part of it. */
function comparable({ refId, name, meta, fields, length }: DataFrame) {
  return {
    refId,
    name,
    meta,
    length,
    fields: fields.map(({ name, type, labels = {}, config, values }) => ({ name, type, labels, config, values })),
  };
}

describe('framesOf', () => {
  const live = cases.filter(({ results }) => !results.some(({ column, ranked }) => column !== undefined || ranked));
  it.each(live)('$name', ({ results, options, frames, error }) => {
    const { step, table = false, notices = [], ...rest } = options;
    const make = () =>
      framesOf(results.map(resultOf), { ...rest, table, notices, step: step ? parseDuration(step) : undefined });
    if (error !== undefined) {
      expect(make).toThrow(new Error(error));
    } else {
      expect(make().map(comparable)).toEqual(frames!.map((frame) => comparable(dataFrameFromJSON(frame))));
    }
  });
});

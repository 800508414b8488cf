import { compileRegex, matcher, type Source } from '../../src/promql';
import { catalogue } from '../../src/signals';
import {
  allowedFilters,
  allowedGroupings,
  compile,
  type CompileFilter,
  type CompileOptions,
} from '../../src/signals/compile';
import { type Signal } from '../../src/signals/types';

/** Compile options of the shipped data source. Times are milliseconds. */
export const options: CompileOptions = {
  identity: ['cluster', 'node'],
  targetLabels: ['zone'],
  step: 15_000,
  scrapeInterval: 15_000,
  range: 600_000,
  compileRegex,
};

/** A template of the catalogue as a signal by node. */
function asSignal(id: string, expr: string): Signal {
  const by = { default: ['$identity'], allowed: [] };
  return {
    id,
    expr,
    groupBy: by,
    title: id,
    dimension: 'data-quality',
    unit: '',
    summary: '',
    description: '',
    needs: [],
    advice: [],
    link: '',
  };
}

/** All PromQL templates of the catalogue: signals, conditions of advice (`check/1`) and events. */
export const templates: Signal[] = [
  ...catalogue.signals,
  ...catalogue.checks.flatMap(({ id, advice }) =>
    advice.flatMap(({ when }, i) => (when ? [asSignal(`${id}/${i + 1}`, when)] : []))
  ),
  ...catalogue.events.flatMap(({ id, expr }) => (expr ? [asSignal(`event ${id}`, expr)] : [])),
];

export interface CatalogueQuery {
  name: string;
  expr: string;
}

/**
 * Compiles a template with every grouping and every filter, each alone and all together. `valueOf` returns the value of a
 * filter.
 */
export function queriesOf(signal: Signal, valueOf: (key: string, signal: Signal) => string): CatalogueQuery[] {
  const single = allowedGroupings(signal, options).map((name) => [name]);
  const groupings = [undefined, [], ...single, single.flat()];
  const known = allowedFilters(catalogue, signal, options).map((key) => ({ key, value: valueOf(key, signal) }));
  const filters: CompileFilter[][] = [
    [],
    ...known.map(({ key, value }) => [{ key, operator: '=', value }]),
    known.map(({ key, value }) => ({ key, operator: '!~', value: `${value}|none` })),
  ];
  return groupings.flatMap((by) =>
    filters.map((chosen) => ({
      name: `${signal.id} by ${by ?? 'default'} where ${chosen.map(({ key, operator }) => key + operator)}`,
      expr: compile(catalogue, signal, { groupBy: by, filters: chosen }, options).expr,
    }))
  );
}

/** A value for a filter of a signal, taken from the samples; from those of its own metrics if possible. */
export function valueIn(source: Source, key: string, { expr }: Signal): string {
  const label = catalogue.groupings.find(({ id }) => id === key)?.label ?? key;
  const having = source.select([matcher(label, '!=', '')]).map(({ labels }) => labels);
  const own = having.find((labels) => expr.includes(`${labels.get('__name__')}{`));
  const value = key === catalogue.priority.label ? 'notice' : (own ?? having[0])?.get(label);
  if (value === undefined && label === 'path') {
    return 'falco'; // only the alert receiver writes it, and no alert is posted to it here
  }
  if (value === undefined) {
    throw new Error(`no sample has the label ${label}, by which signals can be filtered`);
  }
  return value;
}

/** Replaces `signal:<id> by=a,b window=5m` and `when:<check>/<number>` in a script by their PromQL. */
export function withSignals(script: string): string {
  return script.replace(/(?:signal|when):(\S+)((?: (?:by|window)=\S*)*)$/gm, (_, id: string, rest: string) => {
    const signal = templates.find((one) => one.id === id);
    if (!signal) {
      throw new Error(`the catalogue has no ${id}`);
    }
    const by = / by=(\S*)/
      .exec(rest)?.[1]
      ?.split(',')
      .filter((name) => name !== '');
    const window = / window=(\S*)/.exec(rest)?.[1];
    return compile(catalogue, signal, { groupBy: by, window }, { ...options, step: 0, range: 3_600_000 }).expr;
  });
}

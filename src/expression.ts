import { t } from './i18n';
import { type FalcoQuery, type Filter } from './query';
import { type FalcoSettings } from './settings';
import { catalogue } from './signals';
import { compile } from './signals/compile';
import { type Signal } from './signals/types';

/** The labels that identify an instance in scrape mode. */
export const IDENTITY = ['cluster', 'node'];

/** Names of the labels that the settings add to targets, without the identity; sorted. Prometheus mode has no configured targets. */
export function targetLabels(settings: FalcoSettings): string[] {
  if (settings.mode === 'prometheus') {
    return [];
  }
  const names = (settings.targets ?? []).flatMap(({ labels }) => Object.keys(labels ?? {}));
  return [...new Set(names)].filter((name) => !IDENTITY.includes(name)).sort();
}

/** Replaces `$window` while compiling, so that the result keeps a window that follows the zoom of a panel. */
const WINDOW = '__window__';
const MACROS = /^\$(__range|__interval|__rate_interval|__live|\{__(range|interval|rate_interval|live)\})$/;

/**
 * Compiles each signal of a `signal` query to PromQL, without those that a dashboard variable selects. Variables and macros
 * stay in the result.
 * Throws an Error with a message for the user when a signal is unknown or does not support a filter or grouping.
 */
export function compileExpressions(
  query: FalcoQuery,
  settings: FalcoSettings
): Array<{ signal: Signal; expr: string }> {
  const ids = (query.signals ?? []).filter((id) => !id.includes('$'));
  return ids.map((id) => {
    const signal = catalogue.signals.find((known) => known.id === id);
    if (!signal) {
      throw new Error(
        t('query.unknown-signal', 'This version has no signal “{{id}}”. Choose a signal from the list.', { id })
      );
    }
    const { expr } = compile(
      catalogue,
      { ...signal, expr: signal.expr.replaceAll('$window', WINDOW) },
      { groupBy: query.groupBy, filters: query.filters?.map(allowManyValues), window: omitVariable(query.window) },
      // The times do not appear in the result.
      { identity: IDENTITY, targetLabels: targetLabels(settings), step: 1000, scrapeInterval: 1000, range: 1000 }
    );
    return { signal, expr: expr.replaceAll(WINDOW, query.window || '$__rate_interval') };
  });
}

/** A variable may have many values, so a filter with a variable becomes a regular expression. */
function allowManyValues(filter: Filter): Filter {
  if (!filter.value.includes('$') || filter.operator.endsWith('~')) {
    return filter;
  }
  return { ...filter, operator: filter.operator === '!=' ? '!~' : '=~' };
}

/** Omits a window that is a dashboard variable: it cannot be validated before its value is known. */
function omitVariable(window: string | undefined): string | undefined {
  return window?.includes('$') && !MACROS.test(window) ? undefined : window;
}

const WEEK_SECONDS = 604_800;
/** An implausible number of weeks. The first macro becomes this duration, each further one a week more. */
const FIRST_WEEKS = 9000;

/**
 * Replaces macros and variables in duration positions by durations, so that the expression is valid PromQL. `restore` puts
 * them back into an expression that was derived from `text`.
 */
export function replaceMacros(expr: string): { text: string; restore: (text: string) => string } {
  const names: string[] = [];
  const text = expr.replace(/(?<=[[:/*]\s*|offset\s+)\$(\w+|\{\w+\})/g, (name) => {
    const known = names.indexOf(name);
    return `${FIRST_WEEKS + (known < 0 ? names.push(name) - 1 : known)}w`;
  });
  const restore = (rewritten: string) =>
    names.reduce(
      (all, name, i) =>
        all
          .replaceAll(`${FIRST_WEEKS + i}w`, () => name)
          .replaceAll(String((FIRST_WEEKS + i) * WEEK_SECONDS), () => name),
      rewritten
    );
  return { text, restore };
}

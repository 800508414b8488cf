import { type FalcoQuery, type Filter } from './query';
import { type FalcoSettings } from './settings';
import { catalogue } from './signals';
import { compile } from './signals/compile';
import { type Signal } from './signals/types';

/** The labels that tell one Falco from another when the plugin reads the endpoints itself. */
export const IDENTITY = ['cluster', 'node'];

/** Label names that the settings put on targets, besides the identity; sorted. A store's targets are not set here. */
export function targetLabels(settings: FalcoSettings): string[] {
  if (settings.mode === 'prometheus') {
    return [];
  }
  const names = (settings.targets ?? []).flatMap(({ labels }) => Object.keys(labels ?? {}));
  return [...new Set(names)].filter((name) => !IDENTITY.includes(name)).sort();
}

/** Stands in for `$window`, so that the text keeps a window that follows the zoom of a panel. */
const WINDOW = '__window__';
const MACROS = /^\$(__range|__interval|__rate_interval|__live|\{__(range|interval|rate_interval|live)\})$/;

/**
 * The PromQL that a query of kind `signal` stands for, variables and macros left in, one for each signal.
 * Throws an Error in words when a signal is unknown or cannot be filtered or grouped as asked.
 */
export function expressionsOf(query: FalcoQuery, settings: FalcoSettings): Array<{ signal: Signal; expr: string }> {
  return (query.signals ?? []).map((id) => {
    const signal = catalogue.signals.find((known) => known.id === id);
    if (!signal) {
      throw new Error(`There is no signal “${id}” in this version. Choose one from the list.`);
    }
    const { expr } = compile(
      catalogue,
      { ...signal, expr: signal.expr.replaceAll('$window', WINDOW) },
      { groupBy: query.groupBy, filters: query.filters?.map(forText), window: checkable(query.window) },
      // Times do not show in the text; any will do.
      { identity: IDENTITY, targetLabels: targetLabels(settings), step: 1000, scrapeInterval: 1000, range: 1000 }
    );
    return { signal, expr: expr.replaceAll(WINDOW, query.window || '$__rate_interval') };
  });
}

/** A variable may have many values, which only a regular expression takes. */
function forText(filter: Filter): Filter {
  if (!filter.value.includes('$') || filter.operator.endsWith('~')) {
    return filter;
  }
  return { ...filter, operator: filter.operator === '!=' ? '!~' : '=~' };
}

/** A window that is a dashboard's variable cannot be checked before its value is there. */
function checkable(window: string | undefined): string | undefined {
  return window?.includes('$') && !MACROS.test(window) ? undefined : window;
}

const WEEK = 604_800;
/** A span of weeks that nobody means, for the first macro; the next one is a week longer. */
const FIRST = 9000;

/**
 * The expression with durations in place of macros and variables that stand for durations, so that it is PromQL, and what
 * puts them back into whatever it becomes.
 */
export function withoutMacros(expr: string): { text: string; restore: (text: string) => string } {
  const names: string[] = [];
  const text = expr.replace(/(?<=[[:/*]\s*|offset\s+)\$(\w+|\{\w+\})/g, (name) => {
    const known = names.indexOf(name);
    return `${FIRST + (known < 0 ? names.push(name) - 1 : known)}w`;
  });
  const restore = (rewritten: string) =>
    names.reduce(
      (all, name, i) => all.replaceAll(`${FIRST + i}w`, () => name).replaceAll(String((FIRST + i) * WEEK), () => name),
      rewritten
    );
  return { text, restore };
}

import { type AdHocVariableFilter, type ScopedVars } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { type FalcoQuery, type Filter, type FilterOperator } from './query';

/** The variable whose value a formatter receives. */
interface Variable {
  type?: string;
  multi?: boolean;
  includeAll?: boolean;
}
type Value = string | string[];
type Format = (value: Value, variable?: Variable) => string;
type Replace = (text: string, format?: Format) => string;

/** Replaces template variables in a query and adds the ad hoc filters of the dashboard. */
export function interpolateQuery(
  query: FalcoQuery,
  templateSrv: TemplateSrv,
  scopedVars: ScopedVars,
  adHoc: AdHocVariableFilter[] = []
): FalcoQuery {
  // The backend replaces these macros, so that panels and alert rules, which have only the backend, get the same result.
  const { __interval, __interval_ms, ...vars } = scopedVars;
  const replace: Replace = (text, format) => templateSrv.replace(text, vars, format);
  const filters = (query.filters ?? []).flatMap((filter) => interpolateFilter(filter, replace));
  return {
    ...query,
    filters: [...filters, ...interpolateAdHocFilters(adHoc, templateSrv, vars)],
    ...(query.signals && { signals: interpolateList(query.signals, replace) }),
    ...(query.groupBy && { groupBy: interpolateList(query.groupBy, replace) }),
    ...(query.window && { window: replace(query.window) }),
    ...(query.compare && { compare: replace(query.compare) }),
    ...(query.expr && { expr: interpolateExpression(query.expr, replace) }),
    ...(query.legendFormat && { legendFormat: replace(query.legendFormat) }),
    ...(query.text && { text: replace(query.text) }),
  };
}

/** Replaces variables in filters. A filter whose variable is empty is removed, because an empty variable means "all". */
export function interpolateFilters(filters: Filter[], templateSrv: TemplateSrv, scopedVars: ScopedVars): Filter[] {
  return filters.flatMap((filter) =>
    interpolateFilter(filter, (text, format) => templateSrv.replace(text, scopedVars, format))
  );
}

function interpolateFilter(filter: Filter, replace: Replace): Filter[] {
  const key = replace(filter.key);
  if (filter.operator === '=~' || filter.operator === '!~') {
    const value = replace(filter.value, formatRegex);
    return value === '' && filter.value !== '' ? [] : [{ ...filter, key, value }];
  }
  const { value, isRegex } = interpolateValue(filter.value, replace);
  if (value === '' && filter.value !== '') {
    return [];
  }
  return [{ key, operator: isRegex ? regexOperator(filter.operator) : filter.operator, value }];
}

function regexOperator(operator: FilterOperator): FilterOperator {
  return operator === '!=' ? '!~' : '=~';
}

/** Converts ad hoc filters and replaces variables in them. The operators `<` and `>`, which labels do not support, are skipped. */
export function interpolateAdHocFilters(
  adHoc: AdHocVariableFilter[],
  templateSrv: TemplateSrv,
  scopedVars: ScopedVars = {}
): Filter[] {
  const replace: Replace = (text, format) => templateSrv.replace(text, scopedVars, format);
  return adHoc.flatMap(({ key, operator, value, values = [value] }) => {
    switch (operator) {
      case '=':
      case '!=':
      case '=~':
      case '!~':
        return interpolateFilter({ key, operator, value }, replace);
      case '=|':
      case '!=|': {
        const alternatives = values.flatMap((one) => listValues(one, replace)).map(escapeRegex);
        return [{ key, operator: operator === '=|' ? '=~' : '!~', value: joinAlternatives(alternatives) }];
      }
      default:
        return [];
    }
  });
}

/** The values of a text: those of its variable, or the interpolated text. */
function listValues(text: string, replace: Replace): string[] {
  const values: string[] = [];
  const rest = replace(text, (value) => {
    values.push(...[value].flat());
    return '';
  });
  return rest === '' ? values : [replace(text, (value) => [value].flat().join(','))];
}

/** Encloses the index of a variable's value, which separates values from the text around them. */
const MARK = '\u0000';

/** Replaces variables in a plain value. `isRegex` when a variable has several values, so that the result has to be a regular expression. */
function interpolateValue(text: string, replace: Replace): { value: string; isRegex: boolean } {
  const found: string[][] = [];
  const marked = replace(text, (value) => {
    found.push(Array.isArray(value) ? value : [value]);
    return `${MARK}${found.length - 1}${MARK}`;
  });
  if (found.length === 0) {
    // Grafana does not call the formatter for a custom "all" value, which is a regular expression, or for a variable with
    // its own format (`${node:raw}`), whose result is used unchanged.
    return { value: marked, isRegex: marked !== text && !/\$__|:\w+(}|]])/.test(text) };
  }
  const isRegex = found.some((values) => values.length > 1);
  const literal = isRegex ? escapeRegex : (part: string) => part;
  const value = marked
    .split(MARK)
    .map((part, i) => (i % 2 === 0 ? literal(part) : joinAlternatives((found[Number(part)] ?? []).map(literal))))
    .join('');
  return { value, isRegex };
}

/** Variables that a person types a value into. Their value may be a regular expression; all others are selected from a list. */
const TYPED = ['textbox', 'constant'];

function formatRegex(value: Value, variable: Variable = {}): string {
  if (Array.isArray(value)) {
    return joinAlternatives(value.map(escapeRegex));
  }
  const isTyped = variable.type === undefined ? !variable.multi && !variable.includeAll : TYPED.includes(variable.type);
  return isTyped ? value : escapeRegex(value);
}

/** A comment, or a string literal with the operator of its matcher if there is one. */
const LITERAL = /#[^\n]*|(=~|!~|!=|=)?(\s*)("(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|`[^`]*`)/g;
/** A variable with its own format. */
const FORMATTED = /\$\{[\w.]+:(\w+)[^}]*\}|\[\[[\w.]+:(\w+)[^\]]*\]\]/g;

/** Replaces variables in an expression so that values are valid where they are: in strings, in regular expressions or outside. */
function interpolateExpression(expr: string, replace: Replace): string {
  let result = '';
  let end = 0;
  for (const literal of expr.matchAll(LITERAL)) {
    const [whole, operator = '', space = '', text] = literal;
    result += replace(expr.slice(end, literal.index), formatList);
    result += text === undefined ? whole : operator + space + interpolateString(text, operator, replace);
    end = literal.index + whole.length;
  }
  return result + replace(expr.slice(end), formatList);
}

/** Outside strings a variable is a duration, a number, a metric, or a list of labels. */
function formatList(value: Value): string {
  return [value].flat().join(', ');
}

function interpolateString(text: string, operator: string, replace: Replace): string {
  const escape = (value: string) => escapeString(value, text.charAt(0));
  const isRegex = operator === '=~' || operator === '!~';
  const replaceUnformatted = (part: string) =>
    replace(part, (value, variable) => escape(isRegex || Array.isArray(value) ? formatRegex(value, variable) : value));
  let result = '';
  let end = 0;
  for (const { 0: variable, 1: format, 2: bracketFormat, index } of text.matchAll(FORMATTED)) {
    // Grafana formats the value. `raw` means that it is already escaped.
    const value = replace(variable);
    const escaped = value === variable || (format ?? bracketFormat) === 'raw' ? value : escape(value);
    result += replaceUnformatted(text.slice(end, index)) + escaped;
    end = index + variable.length;
  }
  return result + replaceUnformatted(text.slice(end));
}

function joinAlternatives(alternatives: string[]): string {
  return alternatives.length > 1 ? `(${alternatives.join('|')})` : (alternatives[0] ?? '');
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Escapes a value for a PromQL string. Backticks enclose raw strings, which have no escapes. */
function escapeString(text: string, quote: string): string {
  return quote === '`' ? text : text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\n', '\\n');
}

/**
 * Every value of a variable becomes an entry. `$identity` in a query means the identity labels, even if a dashboard has a
 * variable of that name.
 */
function interpolateList(entries: string[], replace: Replace): string[] {
  return entries
    .flatMap((entry) =>
      entry === '$identity' || !/\$|\[\[/.test(entry)
        ? entry
        : replace(entry, (value) => [value].flat().join(',')).split(',')
    )
    .filter((entry) => entry !== '');
}

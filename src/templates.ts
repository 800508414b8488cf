import { type AdHocVariableFilter, type ScopedVars } from '@grafana/data';
import { type TemplateSrv } from '@grafana/runtime';
import { type FalcoQuery, type Filter, type FilterOperator } from './query';

/** What a formatter learns of the variable whose value it is given. */
interface Variable {
  multi?: boolean;
  includeAll?: boolean;
}
type Value = string | string[];
type Format = (value: Value, variable?: Variable) => string;
type Replace = (text: string, format?: Format) => string;

/** Puts the values of template variables, and a dashboard's ad hoc filters, into a query. */
export function interpolateQuery(
  query: FalcoQuery,
  templateSrv: TemplateSrv,
  scopedVars: ScopedVars,
  adHoc: AdHocVariableFilter[] = []
): FalcoQuery {
  // These macros stay for the backend: an alert rule has only the backend, and both must give one answer.
  const { __interval, __interval_ms, ...vars } = scopedVars;
  const replace: Replace = (text, format) => templateSrv.replace(text, vars, format);
  const filters = (query.filters ?? []).flatMap((filter) => interpolateFilter(filter, replace));
  return {
    ...query,
    filters: [...filters, ...adHoc.flatMap(fromAdHoc)],
    ...(query.groupBy && { groupBy: interpolateBy(query.groupBy, replace) }),
    ...(query.window && { window: replace(query.window) }),
    ...(query.compare && { compare: replace(query.compare) }),
    ...(query.expr && { expr: replace(query.expr, asPartOfExpression) }),
    ...(query.legendFormat && { legendFormat: replace(query.legendFormat) }),
  };
}

/** Filters with their variables replaced; none for a filter whose variable is empty, which is how "all" is left out. */
export function interpolateFilters(filters: Filter[], templateSrv: TemplateSrv, scopedVars: ScopedVars): Filter[] {
  return filters.flatMap((filter) =>
    interpolateFilter(filter, (text, format) => templateSrv.replace(text, scopedVars, format))
  );
}

function interpolateFilter(filter: Filter, replace: Replace): Filter[] {
  const key = replace(filter.key);
  if (filter.operator === '=~' || filter.operator === '!~') {
    const value = replace(filter.value, asRegex);
    return value === '' && filter.value !== '' ? [] : [{ ...filter, key, value }];
  }
  const { value, several } = replaceInText(filter.value, replace);
  if (value === '' && filter.value !== '') {
    return [];
  }
  return [{ key, operator: several ? matching(filter.operator) : filter.operator, value }];
}

function matching(operator: FilterOperator): FilterOperator {
  return operator === '!=' ? '!~' : '=~';
}

/** An ad hoc filter as ours; none for operators that labels do not have (`<`, `>`), which Grafana offers for numbers. */
export function fromAdHoc({ key, operator, value, values }: AdHocVariableFilter): Filter[] {
  switch (operator) {
    case '=':
    case '!=':
    case '=~':
    case '!~':
      return [{ key, operator, value }];
    case '=|':
    case '!=|':
      return [{ key, operator: operator === '=|' ? '=~' : '!~', value: anyOf((values ?? [value]).map(escapeRegex)) }];
    default:
      return [];
  }
}

/** Stands around the number of a value that a variable had, so that the text beside it can be told apart. */
const MARK = '\u0000';

/** Replaces variables in a plain value. `several` when it has become a regular expression, because a variable has many values. */
function replaceInText(text: string, replace: Replace): { value: string; several: boolean } {
  const found: string[][] = [];
  const marked = replace(text, (value) => {
    found.push(Array.isArray(value) ? value : [value]);
    return `${MARK}${found.length - 1}${MARK}`;
  });
  if (found.length === 0) {
    // A variable's own value for "all" comes past the formatter, and is a regular expression. So comes a variable
    // with a format of its own (`${node:raw}`): whoever writes one means what it gives.
    return { value: marked, several: marked !== text && !/\$__|:\w+(}|]])/.test(text) };
  }
  const several = found.some((values) => values.length > 1);
  const literal = several ? escapeRegex : (part: string) => part;
  const value = marked
    .split(MARK)
    .map((part, i) => (i % 2 === 0 ? literal(part) : anyOf((found[Number(part)] ?? []).map(literal))))
    .join('');
  return { value, several };
}

function asRegex(value: Value, variable: Variable = {}): string {
  if (Array.isArray(value)) {
    return anyOf(value.map(escapeRegex));
  }
  // One value of a choice is meant literally; what someone types into a text box is a regular expression.
  return variable.multi || variable.includeAll ? escapeRegex(value) : value;
}

/** Inside an expression a value mostly stands in a quoted string, whose escapes come on top. */
function asPartOfExpression(value: Value, variable: Variable = {}): string {
  return escapeString(asRegex(value, variable));
}

function anyOf(alternatives: string[]): string {
  return alternatives.length > 1 ? `(${alternatives.join('|')})` : (alternatives[0] ?? '');
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function escapeString(text: string): string {
  return text.replace(/[\\"]/g, '\\$&');
}

/** `$identity` in a query is our own word for the identity labels, whatever a dashboard's variables are called. */
function interpolateBy(by: string[], replace: Replace): string[] {
  return by
    .flatMap((label) =>
      label === '$identity'
        ? label
        : replace(label, (value) => (Array.isArray(value) ? value.join(',') : value)).split(',')
    )
    .filter((label) => label !== '');
}

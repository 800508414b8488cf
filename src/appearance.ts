/**
 * How frames look in Grafana beyond what the executors say, which know neither the theme nor the panel. One place for the
 * frames of the backend and of the live executor.
 */
import {
  CoreApp,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  DataFrameType,
  type Field,
  type FieldConfig,
  FieldType,
  MappingType,
  type QueryResultMetaNotice,
  type ValueMapping,
} from '@grafana/data';
import { config as grafana } from '@grafana/runtime';
import { upperFirst } from 'lodash';
import { t } from './i18n';
import { type FalcoQuery } from './query';
import { colourSeries } from './seriesColours';

/** The types of tables: of signals, and of all other queries (pkg/frames/columns.go). */
const tables: Array<string | undefined> = [DataFrameType.NumericLong, DataFrameType.TimeSeriesLong, 'table'];

type Request = Pick<DataQueryRequest<FalcoQuery>, 'dashboardUID' | 'panelPluginId' | 'targets'> &
  Partial<Pick<DataQueryRequest, 'app'>>;

/** Prepares the frames of a response for the panel that asked for them. */
export function refine(response: DataQueryResponse, request: Request): DataQueryResponse {
  const selects = ({ refId }: DataFrame) =>
    request.targets.some(({ refId: of, columns = [] }) => of === refId && columns.length > 0);
  const written = ({ refId }: DataFrame) =>
    request.targets.some(({ refId: of, queryType }) => of === refId && queryType === 'promql');
  const refined = (response.data as DataFrame[])
    .map((frame) => (tables.includes(frame.meta?.type) ? refineTable(frame, selects(frame)) : frame))
    .map((frame) => (tables.includes(frame.meta?.type) && !written(frame) ? withFields(frame, entitle) : frame))
    .map((frame) => withFields(frame, (field) => readable(shortenDigest(field))));
  const frames = request.app === CoreApp.Explore ? refined.map(forExplore) : refined.map(joinNotices(refined));
  if (request.panelPluginId === 'heatmap') {
    return { ...response, data: heatmapRows(frames, request.targets[0]?.refId) };
  }
  return { ...response, data: isShippedGraph(request) ? colourSeries(frames) : frames };
}

/** Explore's tables show hidden columns too, and name those of events as annotations find them. */
function forExplore(frame: DataFrame): DataFrame {
  const titled = ({ name, config, ...field }: Field): Field => ({
    ...field,
    name,
    config: isAnnotation(frame) ? { ...config, displayName: upperFirst(name) } : config,
  });
  const fields = frame.fields.filter((field) => !isHidden(field)).map(titled);
  return { ...frame, fields };
}

/**
 * Makes the notices of one severity a single one, in every frame that has notices. Beside the title of a panel, Grafana shows
 * only the last notice of each severity, which may not be the one that says why.
 */
function joinNotices(frames: DataFrame[]): (frame: DataFrame) => DataFrame {
  const all = frames.flatMap(({ meta }) => meta?.notices ?? []);
  const severities = [...new Set(all.map(({ severity }) => severity))];
  const notices = severities.map((severity): QueryResultMetaNotice => {
    const same = all.filter((notice) => notice.severity === severity);
    const text = [...new Set(same.map(({ text }) => text))].join(' ');
    return { ...same.find(({ link }) => link), severity, text };
  });
  return (frame) => (frame.meta?.notices?.length ? { ...frame, meta: { ...frame.meta, notices } } : frame);
}

/**
 * Grafana's heatmap reads two fields of every frame: without them, it shows "TypeError: Cannot read properties of undefined"
 * and no notice. Every number field is a row, so only a panel without any value gets an empty one. The frames of a live query
 * come without those of the others: a query that is not the first of its panel gets no row.
 */
function heatmapRows(frames: DataFrame[], firstRefId: string | undefined): DataFrame[] {
  const filled = frames.filter(({ fields }) => fields.length > 0);
  if (filled.length > 0) {
    const notices = frames.find(({ meta }) => meta?.notices?.length)?.meta?.notices;
    return filled.map((frame, i) => (i === 0 && notices ? { ...frame, meta: { ...frame.meta, notices } } : frame));
  }
  const time: Field = { name: 'Time', type: FieldType.time, values: [], config: {} };
  return frames.map((frame) => {
    const isRow = frame.refId === undefined || firstRefId === undefined || frame.refId === firstRefId;
    const value: Field = { name: 'Value', type: isRow ? FieldType.number : FieldType.string, values: [], config: {} };
    return { ...frame, fields: [time, value] };
  });
}

/** In other dashboards, the panel's own color scheme counts: it cannot replace the colours that the data brings. */
function isShippedGraph({ dashboardUID = '', panelPluginId }: Request): boolean {
  return panelPluginId === 'timeseries' && dashboardUID.startsWith('falco-');
}

function withFields(frame: DataFrame, change: (field: Field) => Field): DataFrame {
  return { ...frame, fields: frame.fields.map(change) };
}

/**
 * Leaves out the columns that are empty in all rows, hides a cluster that is the same in all, and lets only the values that
 * need attention have a colour. Columns that the user selected stay.
 */
function refineTable(frame: DataFrame, isSelected: boolean): DataFrame {
  const emptied = frame.fields.filter(
    (field) => !isSelected && !isAnnotation(frame) && field.name !== 'cluster' && !isHidden(field) && isEmpty(field)
  );
  const fields = frame.fields
    .filter((field) => !emptied.includes(field))
    .map((field) => (!isSelected && field.name === 'cluster' && isTheSame(field) ? hide(field) : field))
    .map((field) => (isVerdict(field) ? field : recolour(field, { green: 'text', blue: 'text' })));
  return { ...frame, fields, meta: { ...frame.meta, notices: [...(frame.meta?.notices ?? []), ...leftOut(emptied)] } };
}

/** Names the figures that are left out; other notices say which setting each needs. Texts are empty where all is well. */
function leftOut(fields: Field[]): QueryResultMetaNotice[] {
  const figures = fields.filter(({ type }) => type === FieldType.number);
  const names = figures.map(({ name, config }) => config.displayNameFromDS ?? name).join(', ');
  return names === ''
    ? []
    : [{ severity: 'info', text: t('table.left-out', 'Left out because no row has a value: {{names}}.', { names }) }];
}

/** The columns of a comparison. Those for the values of a label keep their names. */
const compared = ['before', 'after', 'change'];

/** Gives a column that only has the name of a label a title like those of the others: "Node", "Rule name". */
function entitle(field: Field): Field {
  const { name, type, config } = field;
  const isLabel = /^[a-z_]+$/.test(name) && !config.displayNameFromDS;
  const isNamed = type === FieldType.number ? !compared.includes(name) : !isLabel;
  const words = name.replaceAll('_', ' ');
  return isNamed ? field : { ...field, config: { ...config, displayNameFromDS: upperFirst(words) } };
}

/** Annotations find their columns by name. */
const isAnnotation = ({ fields }: DataFrame) => fields.some(({ name }) => name === 'timeEnd');

const isHidden = ({ config }: Field) => Boolean(config.custom?.hideFrom?.viz);

const isEmpty = ({ values }: Field) => values.every((value) => value === null || value === undefined || value === '');

const isTheSame = ({ values }: Field) => values.every((value) => value === values[0]);

/** An override can show a hidden column. */
const hide = (field: Field): Field => ({
  ...field,
  config: { ...field.config, custom: { ...field.config.custom, hideFrom: { viz: true } } },
});

const isVerdict = ({ name, config }: Field) =>
  name === 'verdict' || config.custom?.cellOptions?.type === 'color-background';

const DARK_GREEN = '#2e7d32';

/**
 * Text needs a contrast of 4.5 (WCAG 2.1). Yellow on white has 1.5 and green 3.0, the colours that replace them 4.9 and more.
 * White on Grafana's green, red and purple has 2.1 to 4.3, on these 4.8 and more. Yellow verdicts have dark text.
 */
function readable(field: Field): Field {
  if (isVerdict(field)) {
    return recolour(field, { green: DARK_GREEN, red: 'dark-red', purple: 'dark-purple' });
  }
  return grafana.theme2.isLight ? recolour(field, { green: DARK_GREEN, yellow: '#9a6700' }) : field;
}

/** Twelve of the 64 digits of a SHA-256 tell two files apart. */
function shortenDigest(field: Field): Field {
  const name = field.config.displayNameFromDS;
  const short = name?.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1');
  return short === name ? field : { ...field, config: { ...field.config, displayNameFromDS: short } };
}

/** Replaces colours of thresholds and value mappings. */
function recolour(field: Field, colours: Record<string, string>): Field {
  const { thresholds, mappings } = field.config;
  const changed: FieldConfig = { ...field.config };
  if (thresholds) {
    const steps = thresholds.steps.map((step) => ({ ...step, color: colours[step.color] ?? step.color }));
    changed.thresholds = { ...thresholds, steps };
  }
  if (mappings) {
    changed.mappings = mappings.map((mapping) => recolourMapping(mapping, colours));
  }
  return { ...field, config: changed };
}

function recolourMapping(mapping: ValueMapping, colours: Record<string, string>): ValueMapping {
  const changed = <R extends { color?: string }>(result: R): R =>
    result.color && colours[result.color] ? { ...result, color: colours[result.color] } : result;
  switch (mapping.type) {
    case MappingType.ValueToText:
      return {
        ...mapping,
        options: Object.fromEntries(Object.entries(mapping.options).map(([value, result]) => [value, changed(result)])),
      };
    case MappingType.SpecialValue:
      return { ...mapping, options: { ...mapping.options, result: changed(mapping.options.result) } };
    default:
      return mapping;
  }
}

import { type DataFrame, type DataQueryResponse, type Field } from '@grafana/data';

/**
 * The answer with first thresholds that begin at -Infinity. In JSON that is null, which Grafana's panels take for 0 where it
 * comes from a data source: they would add a green step of their own below it, and draw a line at 0.
 */
export function withOpenSteps(response: DataQueryResponse): DataQueryResponse {
  return {
    ...response,
    data: (response.data as DataFrame[]).map((frame) => ({ ...frame, fields: frame.fields.map(opened) })),
  };
}

function opened(field: Field): Field {
  const { thresholds } = field.config;
  // The type has no null for it.
  if (!thresholds || (thresholds.steps[0]?.value as number | null) !== null) {
    return field;
  }
  const [first, ...rest] = thresholds.steps;
  const steps = [{ ...first!, value: -Infinity }, ...rest];
  return { ...field, config: { ...field.config, thresholds: { ...thresholds, steps } } };
}

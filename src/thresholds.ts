import { type DataFrame, type DataQueryResponse, type Field } from '@grafana/data';

/**
 * The answer with first thresholds that begin at -Infinity, as panels expect it: else they add a green step of their own
 * below the first, and draw a line where that begins. JSON has no infinity, and Grafana's server reads null as 0: the lowest
 * number that there is comes in its place.
 */
export function withOpenSteps(response: DataQueryResponse): DataQueryResponse {
  return {
    ...response,
    data: (response.data as DataFrame[]).map((frame) => ({ ...frame, fields: frame.fields.map(opened) })),
  };
}

function opened(field: Field): Field {
  const { thresholds } = field.config;
  if (thresholds?.steps[0]?.value !== -Number.MAX_VALUE) {
    return field;
  }
  const [first, ...rest] = thresholds.steps;
  const steps = [{ ...first!, value: -Infinity }, ...rest];
  return { ...field, config: { ...field.config, thresholds: { ...thresholds, steps } } };
}

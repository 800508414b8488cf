import { type DataFrame, type DataQueryResponse, type Field } from '@grafana/data';

/**
 * Restores -Infinity as the value of the first threshold step, which panels expect. With any other value they insert a
 * green step below it and draw a line there. JSON has no infinity, and Grafana's server reads null as 0, so the backend
 * sends the lowest number instead.
 */
export function restoreInfiniteSteps(response: DataQueryResponse): DataQueryResponse {
  return {
    ...response,
    data: (response.data as DataFrame[]).map((frame) => ({ ...frame, fields: frame.fields.map(restoreFirstStep) })),
  };
}

function restoreFirstStep(field: Field): Field {
  const { thresholds } = field.config;
  if (thresholds?.steps[0]?.value !== -Number.MAX_VALUE) {
    return field;
  }
  const [first, ...rest] = thresholds.steps;
  const steps = [{ ...first!, value: -Infinity }, ...rest];
  return { ...field, config: { ...field.config, thresholds: { ...thresholds, steps } } };
}

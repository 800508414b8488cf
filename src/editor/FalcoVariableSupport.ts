import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  CustomVariableSupport,
  FieldType,
  type MetricFindValue,
  toDataFrame,
} from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import { type FalcoDataSource } from '../datasource';
import { type FalcoQuery, type FalcoVariableQuery, QUERY_VERSION } from '../query';
import { catalogue } from '../signals';
import { lazyEditor } from './lazyEditor';

/** Supplies dashboard variables with their options. Values of a label are sorted by name or by verdict. */
export class FalcoVariableSupport extends CustomVariableSupport<FalcoDataSource, FalcoVariableQuery> {
  editor = lazyEditor(async () => (await import('./variable/VariableEditor')).VariableEditor);

  constructor(private readonly datasource: FalcoDataSource) {
    super();
  }

  query = (request: DataQueryRequest<FalcoVariableQuery>): Observable<DataQueryResponse> => {
    const [query] = request.targets;
    return query?.worstFirst
      ? this.datasource
          .query({ ...request, targets: [byVerdict(query)] })
          .pipe(map((response) => valuesOf(response, query)))
      : from(this.datasource.metricFindQuery(query, request)).pipe(map(toOptions));
  };
}

/** Only checks of Falcos: the others have nodes that run no Falco. */
const checks = catalogue.checks.filter(
  ({ signal: id }) => catalogue.signals.find((signal) => signal.id === id)?.targetKind === 'falco'
);

function byVerdict({ refId, label = 'node', filters }: FalcoVariableQuery): FalcoQuery {
  return {
    refId,
    queryType: 'health',
    signals: checks.map(({ id }) => id),
    groupBy: [label],
    filters,
    format: 'table',
    instant: true,
    version: QUERY_VERSION,
  };
}

/** Values that are checked as a whole have no node. */
function valuesOf(response: DataQueryResponse, { label = 'node' }: FalcoVariableQuery): DataQueryResponse {
  const [frame] = response.data as DataFrame[];
  const values = (frame?.fields.find(({ name }) => name === label)?.values ?? []) as string[];
  return { ...response, ...toOptions(values.filter((value) => value !== '').map((text) => ({ text }))) };
}

function toOptions(found: MetricFindValue[]): DataQueryResponse {
  const fields = [
    { name: 'text', type: FieldType.string, values: found.map(({ text }) => text) },
    { name: 'value', type: FieldType.string, values: found.map(({ text, value = text }) => value) },
  ];
  return { data: [toDataFrame({ fields })] };
}

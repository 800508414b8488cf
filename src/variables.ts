import {
  type DataQueryRequest,
  type DataQueryResponse,
  CustomVariableSupport,
  FieldType,
  toDataFrame,
} from '@grafana/data';
import { type DataQuery } from '@grafana/schema';
import { from, map, type Observable } from 'rxjs';
import { type FalcoDataSource } from './datasource';
import { VariableEditor } from './editor';
import { type Filter } from './query';

/** What a dashboard variable asks: the values of a label, on the samples that the filters leave. */
export interface FalcoVariableQuery extends DataQuery {
  kind: 'label';
  label: string;
  filters?: Filter[];
}

/** Lets a dashboard's variables take their values from this data source. */
export class FalcoVariableSupport extends CustomVariableSupport<FalcoDataSource, FalcoVariableQuery> {
  editor = VariableEditor;

  constructor(private readonly datasource: FalcoDataSource) {
    super();
  }

  query = (request: DataQueryRequest<FalcoVariableQuery>): Observable<DataQueryResponse> =>
    from(this.datasource.metricFindQuery(request.targets[0], request)).pipe(
      map((found) => {
        const values = found.map(({ text }) => text);
        const fields = ['text', 'value'].map((name) => ({ name, type: FieldType.string, values }));
        return { data: [toDataFrame({ fields })] };
      })
    );
}

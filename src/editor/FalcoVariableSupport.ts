import {
  type DataQueryRequest,
  type DataQueryResponse,
  CustomVariableSupport,
  FieldType,
  toDataFrame,
} from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import { type FalcoDataSource } from '../datasource';
import { type FalcoVariableQuery } from '../query';
import { lazyEditor } from './lazyEditor';

/** Supplies dashboard variables with the values of a label. */
export class FalcoVariableSupport extends CustomVariableSupport<FalcoDataSource, FalcoVariableQuery> {
  editor = lazyEditor(async () => (await import('./variable/VariableEditor')).VariableEditor);

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

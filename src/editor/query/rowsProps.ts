import { type FalcoDataSource } from '../../datasource';
import { type CompleteQuery, type FalcoQuery } from '../../query';

/** Props of the rows of each query type. `change` takes only the fields that change. */
export interface RowsProps {
  query: CompleteQuery;
  datasource: FalcoDataSource;
  change: (changed: Partial<FalcoQuery>) => void;
}

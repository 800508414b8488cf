import { type FalcoDataSource } from '../../datasource';
import { type CompleteQuery, type FalcoQuery } from '../../query';

/** What the rows of each kind of query are given. A change names only the fields that change. */
export interface RowsProps {
  query: CompleteQuery;
  datasource: FalcoDataSource;
  change: (changed: Partial<FalcoQuery>) => void;
}

import { type DataQueryRequest, VariableSupportType } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { type FalcoVariableQuery } from '../query';
import { fakeDataSource } from './testing';
import { FalcoVariableSupport } from './FalcoVariableSupport';

test('the values of a label are a frame with the fields text and value', async () => {
  const support = new FalcoVariableSupport(fakeDataSource({}, { cluster: ['prod', 'test'] }));
  expect(support.getType()).toBe(VariableSupportType.Custom);
  const targets: FalcoVariableQuery[] = [{ refId: 'variable', queryType: 'label', label: 'cluster' }];
  const request = { targets, scopedVars: {} } as unknown as DataQueryRequest<FalcoVariableQuery>;
  const { data } = await lastValueFrom(support.query(request));
  expect(data[0].fields.map(({ name, values }: { name: string; values: string[] }) => [name, values])).toEqual([
    ['text', ['prod', 'test']],
    ['value', ['prod', 'test']],
  ]);
});

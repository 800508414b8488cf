import { type DataQueryRequest, FieldType, toDataFrame, VariableSupportType } from '@grafana/data';
import { lastValueFrom, of } from 'rxjs';
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

test('nodes can be sorted by their verdicts, the worst first', async () => {
  const datasource = fakeDataSource();
  const fields = [
    { name: 'verdict', type: FieldType.string, values: ['critical', 'warning', 'ok'] },
    { name: 'node', type: FieldType.string, values: ['worker-10', '', 'worker-2'] },
  ];
  const query = jest.spyOn(datasource, 'query').mockReturnValue(of({ data: [toDataFrame({ fields })] }));
  const filters = [{ key: 'cluster', operator: '=~' as const, value: '$cluster' }];
  const targets: FalcoVariableQuery[] = [
    { refId: 'node', queryType: 'label', label: 'node', filters, worstFirst: true },
  ];
  const request = { targets, scopedVars: {} } as unknown as DataQueryRequest<FalcoVariableQuery>;
  const { data } = await lastValueFrom(new FalcoVariableSupport(datasource).query(request));
  expect(data[0].fields.map(({ values }: { values: string[] }) => values)).toEqual([
    ['worker-10', 'worker-2'],
    ['worker-10', 'worker-2'],
  ]);
  const [asked] = query.mock.calls[0]![0].targets;
  expect(asked).toMatchObject({ queryType: 'health', groupBy: ['node'], format: 'table', instant: true, filters });
  expect(asked?.signals).toContain('kernel-drops');
  expect(asked?.signals).not.toContain('sidekick-up');
});

test('a signal is listed by its title and used by its id', async () => {
  const support = new FalcoVariableSupport(fakeDataSource());
  const targets: FalcoVariableQuery[] = [{ refId: 'variable', queryType: 'signals' }];
  const request = { targets, scopedVars: {} } as unknown as DataQueryRequest<FalcoVariableQuery>;
  const { data } = await lastValueFrom(support.query(request));
  const [texts, values] = data[0].fields.map(({ values }: { values: string[] }) => values);
  expect(texts[values.indexOf('kernel-drop-ratio')]).toBe('Kernel drops');
});

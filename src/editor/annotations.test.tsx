import { type AnnotationQuery } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import { useState } from 'react';
import { type FalcoQuery } from '../query';
import { choose, expectQuietConsole, fakeDataSource, giveElementsASize } from './testing';
import { AnnotationEditor } from './annotation/AnnotationEditor';
import { annotations } from './annotations';

expectQuietConsole();
beforeEach(giveElementsASize);

const prepare = (saved: Partial<AnnotationQuery<FalcoQuery>>) => annotations.prepareAnnotation?.(saved);

test.each<[string, Partial<FalcoQuery> | undefined, Partial<FalcoQuery>]>([
  ['without a query', undefined, { refId: 'Anno' }],
  ['as Grafana makes a new one', { refId: 'Anno' }, { refId: 'Anno' }],
  ['written by hand', { signals: 'restart' as unknown as string[] }, { refId: 'Anno', signals: ['restart'] }],
  ['of another query type', { refId: 'A', queryType: 'signal' }, { refId: 'A' }],
])('an annotation %s asks for events', (_name, target, expected) => {
  const saved = { name: 'What happened', enable: true, iconColor: 'red' };
  expect(prepare({ ...saved, target: target as FalcoQuery })).toEqual({
    ...saved,
    target: { ...expected, queryType: 'events', version: 1 },
  });
});

test('an annotation of changes with their impact has one mark per change', () => {
  const target = { refId: 'Anno', queryType: 'impact', signals: ['server-load'] } as FalcoQuery;
  expect(prepare({ name: 'Impact', target })?.target).toEqual({ ...target, groupBy: ['change'], version: 1 });
});

test('a complete annotation is returned as the same object', () => {
  const complete = prepare({
    name: 'What happened',
    target: { refId: 'Anno', queryType: 'events', signals: ['restart'] },
  });
  expect(complete && prepare(complete)).toBe(complete);
});

test('a new annotation shows events of all types', () => {
  expect(annotations.getDefaultQuery?.()).toEqual({ queryType: 'events', groupBy: [], version: 1 });
});

test('event types are selected in the editor', async () => {
  const onRunQuery = jest.fn();
  let current = { refId: 'Anno' } as FalcoQuery;
  function Page() {
    const [query, setQuery] = useState(current);
    current = query;
    const datasource = fakeDataSource({}, { node: ['worker-1'] });
    return <AnnotationEditor datasource={datasource} query={query} onChange={setQuery} onRunQuery={onRunQuery} />;
  }
  render(<Page />);
  expect(screen.queryByRole('radiogroup')).not.toBeInTheDocument();
  await choose('Event types', /^Restart/);
  expect(current).toEqual({ refId: 'Anno', queryType: 'events', signals: ['restart'], version: 1 });
  expect(onRunQuery).toHaveBeenCalledTimes(1);
});

/** @jest-environment node */
import corpus from '../tests/corpora/queries.json';
import { type FalcoQuery, isComplete, migrateQuery, NEW_QUERY, QUERY_VERSION, withDefaults } from './query';

describe('saved queries', () => {
  // The backend's tests read the same corpus.
  test.each(corpus)('$name', ({ old, current }) => {
    expect(withDefaults(migrateQuery(old))).toEqual(current);
  });

  test('are not mutated', () => {
    const old = Object.freeze({ refId: 'A', signals: 'up' });
    migrateQuery(old);
    expect(old).toEqual({ refId: 'A', signals: 'up' });
  });

  test('migration is idempotent', () => {
    for (const { old } of corpus) {
      const once = migrateQuery(old);
      expect(migrateQuery(once)).toEqual(once);
    }
  });

  test('a query without signals has those of a new query', () => {
    expect(withDefaults(migrateQuery({ refId: 'A' })).signals).toEqual(['kernel-drop-ratio']);
  });

  test('a new query is current', () => {
    expect(migrateQuery({ refId: 'A', ...NEW_QUERY })).toEqual({ refId: 'A', ...NEW_QUERY });
    expect(NEW_QUERY.version).toBe(QUERY_VERSION);
  });
});

test.each<[Omit<FalcoQuery, 'refId'>, boolean]>([
  [{ queryType: 'signal', signals: ['up'] }, true],
  [{ queryType: 'signal', signals: [] }, false],
  [{ queryType: 'signal' }, true],
  [{ queryType: 'promql', expr: 'up' }, true],
  [{ queryType: 'promql', expr: ' \n' }, false],
  [{ queryType: 'promql' }, false],
  [{ queryType: 'health' }, true],
  [{ queryType: 'events', signals: [] }, true],
])('%j can be executed: %s', (query, complete) => {
  expect(isComplete(withDefaults({ refId: 'A', ...query }))).toBe(complete);
});

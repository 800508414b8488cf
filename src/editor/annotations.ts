import { type AnnotationQuery, type AnnotationSupport } from '@grafana/data';
import { isEqual } from 'lodash';
import { toAnnotationQuery, type FalcoQuery, QUERY_VERSION } from '../query';
import { lazyEditor } from './lazyEditor';

/** The query of a new annotation: events of every kind on every node. Events that happen together become one annotation. */
const NEW_ANNOTATION: Omit<FalcoQuery, 'refId'> = { queryType: 'events', groupBy: [], version: QUERY_VERSION };

/**
 * Shows events, or changes of Falco with their impact, as annotations on dashboards. The frames of both have the fields that
 * Grafana reads: time, timeEnd, title, text, tags.
 */
export const annotations: AnnotationSupport<FalcoQuery> = {
  QueryEditor: lazyEditor(async () => (await import('./annotation/AnnotationEditor')).AnnotationEditor),
  getDefaultQuery: () => NEW_ANNOTATION,
  prepareAnnotation,
};

/**
 * Completes the query of a saved annotation. An annotation written by hand may have no query or only a part of one.
 * An annotation that is already complete is returned unchanged: Grafana's editor treats any other object as a change
 * and runs the query again.
 */
function prepareAnnotation(saved: AnnotationQuery<FalcoQuery>): AnnotationQuery<FalcoQuery> {
  const target = toAnnotationQuery(saved.target);
  return isEqual(target, saved.target) ? saved : { ...saved, target };
}

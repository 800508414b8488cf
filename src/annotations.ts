import { type AnnotationQuery, type AnnotationSupport } from '@grafana/data';
import { isEqual } from 'lodash';
import { AnnotationEditor } from './editor';
import { asEvents, type FalcoQuery, QUERY_VERSION } from './query';

/** What a new annotation asks: events of every kind, on every node, those that fall together as one. */
const NEW_ANNOTATION: Omit<FalcoQuery, 'refId'> = { kind: 'events', by: [], version: QUERY_VERSION };

/**
 * Lets dashboards mark what happened. The frames of kind `events` have the fields that Grafana looks for: time,
 * timeEnd, title, text, tags.
 */
export const annotations: AnnotationSupport<FalcoQuery> = {
  QueryEditor: AnnotationEditor,
  getDefaultQuery: () => NEW_ANNOTATION,
  prepareAnnotation,
};

/**
 * A saved annotation with its query complete; one written by hand may have none, or only a part of it. One that is
 * complete comes back as it is: Grafana's editor takes any other object for a change, and asks again.
 */
function prepareAnnotation(saved: AnnotationQuery<FalcoQuery>): AnnotationQuery<FalcoQuery> {
  const target = asEvents(saved.target);
  return isEqual(target, saved.target) ? saved : { ...saved, target };
}

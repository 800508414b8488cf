import { type AnnotationQuery, type AnnotationSupport } from '@grafana/data';
import { AnnotationEditor } from './editor';
import { asEvents, type FalcoQuery, QUERY_VERSION } from './query';

/** What a new annotation asks: events of every kind, on every node. */
const NEW_ANNOTATION: Omit<FalcoQuery, 'refId'> = { kind: 'events', version: QUERY_VERSION };

/**
 * Lets dashboards mark what happened. The frames of kind `events` have the fields that Grafana looks for: time,
 * timeEnd, title, text, tags.
 */
export const annotations: AnnotationSupport<FalcoQuery> = {
  QueryEditor: AnnotationEditor,
  getDefaultQuery: () => NEW_ANNOTATION,
  prepareAnnotation,
};

/** A saved annotation with its query complete; one written by hand may have none, or only a part of it. */
function prepareAnnotation(saved: AnnotationQuery<FalcoQuery>): AnnotationQuery<FalcoQuery> {
  return { ...saved, target: asEvents(saved.target) };
}

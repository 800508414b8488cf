import { distinctUntilChanged, fromEvent, map, type Observable, startWith } from 'rxjs';

/** Whether the page is visible. Hidden pages do not poll. */
export const pageIsVisible: Observable<boolean> = fromEvent(document, 'visibilitychange').pipe(
  startWith(undefined),
  map(() => document.visibilityState !== 'hidden'),
  distinctUntilChanged()
);

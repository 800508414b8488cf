import { distinctUntilChanged, fromEvent, map, type Observable, startWith } from 'rxjs';

/** Whether the page can be seen: what nobody looks at is not asked for. */
export const pageIsVisible: Observable<boolean> = fromEvent(document, 'visibilitychange').pipe(
  startWith(undefined),
  map(() => document.visibilityState !== 'hidden'),
  distinctUntilChanged()
);

import { type DataFrame, type DataQueryResponse, DataTopic, FieldType, LoadingState } from '@grafana/data';
import { catchError, defer, finalize, map, type Observable, type Subscription, timer } from 'rxjs';
import { IDENTITY } from '../expression';
import { UnsupportedError } from '../promql';
import { type CompleteQuery } from '../query';
import { DEFAULTS, type FalcoSettings, liveInterval } from '../settings';
import { catalogue } from '../signals';
import { Course, type Snapshot } from './course';
import { Feed, keepFor } from './feed';
import { framesOf } from './frames/frames';
import { pageIsVisible } from './page';
import { type Asked } from './macros';
import { NotLive, Plan } from './plan';
import { type Get, Routes } from './routes';

/** Answers a query from the history; `why` is why live does not, in words, where the answer itself does not say so. */
export type FallBack = (query: CompleteQuery, why: string | undefined) => Observable<DataQueryResponse>;

interface Kept {
  course: Course;
  viewers: number;
  ending?: Subscription;
}

/** Answers queries in the browser, second by second. One for a data source. */
export class LiveExecutor {
  private readonly routes: Routes;
  private readonly feed: Feed;
  private readonly courses = new Map<string, Kept>();

  constructor(
    private readonly settings: FalcoSettings,
    get: Get
  ) {
    this.routes = new Routes(get);
    const { samplesPerScrape, labelLength } = { ...DEFAULTS.limits, ...settings.limits };
    this.feed = new Feed(this.routes, {
      interval: liveInterval(settings),
      rules: catalogue.reading,
      limits: { samplesPerScrape, labelLength },
      visible: pageIsVisible,
    });
  }

  /** Whole frames at each tick, until nobody looks any more; what live does not know is left to the backend. */
  answer(query: CompleteQuery, asked: Asked, fallBack: FallBack): Observable<DataQueryResponse> {
    return defer(() => {
      let plan: Plan;
      try {
        plan = new Plan(query, asked, this.settings);
      } catch (error) {
        return fallBack(query, reasonOf(error));
      }
      return this.watch(plan).pipe(
        map(({ snapshot, plan }) => respond(snapshot, plan, query)),
        catchError((error: unknown) => fallBack(query, messageOf(error)))
      );
    });
  }

  /** Panels that show the same share a course. */
  private watch(plan: Plan): Observable<{ snapshot: Snapshot; plan: Plan }> {
    const kept = this.courses.get(plan.key) ?? { course: new Course(plan, this.feed, this.routes), viewers: 0 };
    this.courses.set(plan.key, kept);
    kept.ending?.unsubscribe();
    kept.viewers++;
    return kept.course.observe().pipe(
      map((snapshot) => ({ snapshot, plan: kept.course.plan })),
      finalize(() => {
        if (--kept.viewers === 0) {
          kept.ending = timer(keepFor).subscribe(() => this.courses.delete(plan.key));
        }
      })
    );
  }
}

/** Why a query cannot be live; what is wrong with one that none can answer the backend says in its own words. */
function reasonOf(error: unknown): string | undefined {
  return error instanceof NotLive || error instanceof UnsupportedError ? error.message || undefined : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function respond(
  { results, notices, error, switchedAt }: Snapshot,
  plan: Plan,
  query: CompleteQuery
): DataQueryResponse {
  const { refId, legend, format, instant } = query;
  const base = { key: `live-${refId}`, state: LoadingState.Streaming };
  if (error !== undefined) {
    return { ...base, data: [], errors: [{ refId, message: error }] };
  }
  // Ticks come when they come: a line is broken where two are missing, not where one is late.
  const step = instant ? undefined : 2 * plan.step;
  const table = format === 'table';
  try {
    const frames = framesOf(results, { refId, legend, identity: IDENTITY, step, table, notices });
    const mark = switchedAt === undefined || table ? [] : [markAt(switchedAt)];
    return { ...base, data: [...frames, ...mark] };
  } catch (thrown) {
    return {
      ...base,
      data: [],
      errors: [{ refId, message: messageOf(thrown) }],
    };
  }
}

/** Marks on a graph from when on rates look back on live scrapes only. */
function markAt(time: number): DataFrame {
  const values: Array<[string, FieldType, unknown]> = [
    ['time', FieldType.time, time],
    ['title', FieldType.string, 'Live'],
    ['text', FieldType.string, 'Rates look back on live scrapes from here on, and no further.'],
    ['color', FieldType.string, 'blue'],
  ];
  const fields = values.map(([name, type, value]) => ({ name, type, config: {}, values: [value] }));
  return { name: 'Live', meta: { dataTopic: DataTopic.Annotations }, fields, length: 1 };
}

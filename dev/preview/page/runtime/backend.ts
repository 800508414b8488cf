import { AppEvents, type EventBus } from '@grafana/data';
import {
  isFetchError,
  type BackendSrv,
  type BackendSrvRequest,
  type FetchError,
  type FetchResponse,
} from '@grafana/runtime';
import { EMPTY, Subject, from, lastValueFrom, throwError, type Observable } from 'rxjs';
import { catchError, filter, mergeMap, takeUntil, throwIfEmpty } from 'rxjs/operators';

/** Sends requests to the host. A second request with the same requestId cancels the first. */
export class Backend implements BackendSrv {
  private readonly started = new Subject<string>();

  constructor(private readonly events: EventBus) {}

  fetch<T>(options: BackendSrvRequest): Observable<FetchResponse<T>> {
    const { requestId } = options;
    if (requestId) {
      this.started.next(requestId);
    }
    const answer = from(send<T>(options)).pipe(
      mergeMap((response) => (response.ok ? [response] : throwError(() => asError(response)))),
      catchError((error: unknown) => {
        this.tell(options, error);
        return throwError(() => error);
      })
    );
    return requestId ? answer.pipe(takeUntil(this.started.pipe(filter((id) => id === requestId)))) : answer;
  }

  chunked(): Observable<never> {
    return EMPTY;
  }

  request<T>(options: BackendSrvRequest): Promise<T> {
    return lastValueFrom(this.fetch<T>(options).pipe(throwIfEmpty(() => ({ cancelled: true })))).then(
      ({ data }) => data
    );
  }

  datasourceRequest<T>(options: BackendSrvRequest): Promise<FetchResponse<T>> {
    return lastValueFrom(this.fetch<T>(options));
  }

  get<T>(url: string, params?: Record<string, unknown>, requestId?: string, options?: Partial<BackendSrvRequest>) {
    return this.request<T>({ ...options, method: 'GET', url, params, requestId });
  }

  delete<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) {
    return this.request<T>({ ...options, method: 'DELETE', url, data });
  }

  post<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) {
    return this.request<T>({ ...options, method: 'POST', url, data });
  }

  patch<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) {
    return this.request<T>({ ...options, method: 'PATCH', url, data });
  }

  put<T>(url: string, data?: unknown, options?: Partial<BackendSrvRequest>) {
    return this.request<T>({ ...options, method: 'PUT', url, data });
  }

  /** Shows an alert for a failed request, like Grafana, unless the caller handles the error. */
  private tell(options: BackendSrvRequest, error: unknown): void {
    const isQuery = options.url.includes('/api/ds/query');
    if (
      options.showErrorAlert !== true &&
      (options.showErrorAlert === false || isQuery || options.url.includes('/resources/'))
    ) {
      return;
    }
    const message = isFetchError<{ message?: string }>(error) ? error.data.message : String(error);
    this.events.publish({ type: AppEvents.alertError.name, payload: [message] });
  }
}

async function send<T>(options: BackendSrvRequest): Promise<FetchResponse<T>> {
  const { method = 'GET', data, headers, abortSignal, responseType } = options;
  const response = await window.fetch(address(options), {
    method,
    headers: { ...(data === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    body: data === undefined ? undefined : JSON.stringify(data),
    signal: abortSignal,
  });
  const { status, statusText, ok, redirected, type, url } = response;
  const body = await read(response, responseType);
  return { status, statusText, ok, redirected, type, url, headers: response.headers, config: options, data: body as T };
}

/** Makes a URL absolute: a path without a leading slash starts at the root. */
function address({ url, params }: BackendSrvRequest): string {
  const target = new URL(url.replace(/^\/?/, '/'), window.location.origin);
  for (const [key, value] of Object.entries(params ?? {})) {
    if (value !== undefined && value !== null) {
      target.searchParams.append(key, String(value));
    }
  }
  return target.toString();
}

async function read(response: Response, type: BackendSrvRequest['responseType']): Promise<unknown> {
  if (type === 'blob') {
    return response.blob();
  }
  if (type === 'arraybuffer') {
    return response.arrayBuffer();
  }
  const text = await response.text();
  if (type === 'text') {
    return text;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function asError<T>({ status, statusText, data, config }: FetchResponse<T>): FetchError<T> {
  return { status, statusText, data, config };
}

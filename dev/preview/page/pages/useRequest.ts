import { isFetchError } from '@grafana/runtime';
import { useEffect, useState } from 'react';

export interface Result<T> {
  value?: T;
  /** An error message, instead of a value. */
  error?: string;
}

/** Sends one request for each `key`. The result is empty until the response arrives. */
export function useRequest<T>(key: string, send: () => Promise<T>): Result<T> {
  const [result, setResult] = useState<Result<T> & { key?: string }>({});
  useEffect(() => {
    let current = true;
    send().then(
      (value) => current && setResult({ key, value }),
      (error: unknown) => current && setResult({ key, error: errorMessage(error) })
    );
    return () => {
      current = false;
    };
  }, [key]); // eslint-disable-line react-hooks/exhaustive-deps
  return result.key === key ? result : {};
}

/** The error message of the host, the plugin or the browser. */
export function errorMessage(error: unknown): string {
  if (isFetchError<{ message?: string }>(error)) {
    return error.data.message ?? error.statusText ?? `HTTP status ${error.status}`;
  }
  return error instanceof Error ? error.message : String(error);
}

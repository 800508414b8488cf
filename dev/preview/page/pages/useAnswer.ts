import { isFetchError } from '@grafana/runtime';
import { useEffect, useState } from 'react';

export interface Answer<T> {
  value?: T;
  /** In words; set instead of a value. */
  error?: string;
}

/** Asks once for each `key`; empty until the answer is there. */
export function useAnswer<T>(key: string, ask: () => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { key?: string }>({});
  useEffect(() => {
    let wanted = true;
    ask().then(
      (value) => wanted && setAnswer({ key, value }),
      (error: unknown) => wanted && setAnswer({ key, error: inWords(error) })
    );
    return () => {
      wanted = false;
    };
  }, [key]); // eslint-disable-line react-hooks/exhaustive-deps
  return answer.key === key ? answer : {};
}

/** What went wrong, as the host, the plugin or the browser puts it. */
export function inWords(error: unknown): string {
  if (isFetchError<{ message?: string }>(error)) {
    return error.data.message ?? error.statusText ?? `HTTP status ${error.status}`;
  }
  return error instanceof Error ? error.message : String(error);
}

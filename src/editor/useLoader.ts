import { useCallback, useEffect, useRef, useState } from 'react';
import { t } from '../i18n';
import { errorMessage } from './errorMessage';

/** Loads a value, or returns the fallback and reports the failure. `what` names the value in the message. */
export type Load = <T>(what: string, request: () => Promise<T>, fallback: T) => Promise<T>;

/**
 * The one way in which editors load labels, values and metrics from the backend. A failure is returned as a message until
 * a later load succeeds, so that an empty list is never mistaken for "there are none".
 */
export function useLoader(): { load: Load; failure: string | undefined } {
  const [failure, setFailure] = useState<string>();
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  const load = useCallback<Load>(async (what, request, fallback) => {
    const report = (message: string | undefined) => mounted.current && setFailure(message);
    try {
      const value = await request();
      report(undefined);
      return value;
    } catch (error) {
      report(t('editor.not-loaded', 'Cannot load {{what}}: {{error}}', { what, error: errorMessage(error) }));
      return fallback;
    }
  }, []);
  return { load, failure };
}

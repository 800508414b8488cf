import { compileExpressions } from '../../expression';
import { type FalcoQuery } from '../../query';
import { type FalcoSettings } from '../../settings';

/** Compiles a signal query. `problem` is the message for the user when it cannot be compiled. */
export function tryCompile(
  query: FalcoQuery,
  settings: FalcoSettings
): { expressions: string[]; problem?: string | undefined } {
  try {
    return { expressions: compileExpressions(query, settings).map(({ expr }) => expr) };
  } catch (error) {
    return { expressions: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

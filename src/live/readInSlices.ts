import { type ExpositionReader, type ParsedExposition } from './ExpositionReader';

/** How long reading may keep the page from responding, in milliseconds. */
const sliceMs = 20;

/** Reads a response body in slices, between which the page can respond. Rejects when `signal` aborts. */
export async function readInSlices(
  reader: ExpositionReader,
  body: string,
  signal: AbortSignal
): Promise<ParsedExposition> {
  const steps = reader.readInSteps(body);
  let sliceEnd = performance.now() + sliceMs;
  for (;;) {
    const step = steps.next();
    if (step.done) {
      return step.value;
    }
    if (performance.now() >= sliceEnd) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      sliceEnd = performance.now() + sliceMs;
    }
    if (signal.aborted) {
      steps.return(undefined!);
      signal.throwIfAborted();
    }
  }
}

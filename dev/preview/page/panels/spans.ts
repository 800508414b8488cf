/** A period in which a series had one value. */
export interface Span {
  from: number;
  to: number;
  value: unknown;
}

/**
 * Converts samples to spans. Each span lasts until the next sample, the last one until `end` (all in
 * milliseconds). Undefined means no sample, null a gap. `merge` joins equal adjacent spans.
 */
export function spans(times: number[], values: unknown[], end: number, merge: boolean): Span[] {
  const found: Span[] = [];
  let open: Span | undefined;
  times.forEach((time, index) => {
    const value = values[index];
    if (value === undefined || (merge && open && open.value === value)) {
      return;
    }
    if (open) {
      open.to = time;
    }
    open = value === null ? undefined : { from: time, to: end, value };
    if (open) {
      found.push(open);
    }
  });
  return found;
}

import { type NodeSpec } from './spec';

export type Phase = 'up' | 'starting' | 'crashing' | 'down';

/** A period of a node's life with one set of counters; milliseconds from the start of the fleet. */
export interface Generation {
  number: number;
  /** When the process started. */
  startedAt: number;
  /** When the configuration was last loaded: differs from `startedAt` only after a hot reload. */
  loadedAt: number;
  /** When the capture opened: every counter is 0 then. */
  openedAt: number;
  /** When it ends; Infinity for the last. */
  endsAt: number;
}

function generation(spec: NodeSpec, number: number): Generation {
  const born = -spec.uptimeHours * 3_600_000;
  const { interruption } = spec;
  const begins = (n: number) => (n === 1 ? interruption!.first : interruption!.first + (n - 1) * interruption!.every);
  const endsAt = interruption ? begins(number + 1) : Infinity;
  if (number === 0 || !interruption) {
    return { number: 0, startedAt: born, loadedAt: born, openedAt: born, endsAt };
  }
  const loadedAt = begins(number) + interruption.down;
  return {
    number,
    startedAt: interruption.kind === 'reload' ? born : loadedAt,
    loadedAt,
    openedAt: loadedAt + interruption.starting,
    endsAt,
  };
}

/**
 * The generation of a moment (the gap before a start belongs to the new one), and what a scrape
 * gets then.
 */
export function life(spec: NodeSpec, at: number): Generation & { phase: Phase } {
  const { interruption } = spec;
  const passed =
    interruption && at >= interruption.first ? 1 + Math.floor((at - interruption.first) / interruption.every) : 0;
  const now = generation(spec, passed);
  const gap = interruption?.cutsOff ? 'crashing' : 'down';
  const phase = at < now.loadedAt ? gap : at < now.openedAt ? 'starting' : 'up';
  return { ...now, phase: spec.absent ? 'down' : phase };
}

/** Every generation up to a moment, oldest first. */
export function generations(spec: NodeSpec, at: number): Generation[] {
  return Array.from({ length: life(spec, at).number + 1 }, (_, number) => generation(spec, number));
}

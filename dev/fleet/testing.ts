import { createFleet, type Simulation } from './simulation';

/** 2025-11-24T16:00:00Z: any fixed time works. */
export const START = 1_764_000_000_000;

/**
 * Samples of a response by series text; the first one of a repeated series. Other lines are
 * omitted.
 */
export function read(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (line.startsWith('falcosecurity_') && !samples.has(line.slice(0, space))) {
      samples.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }
  return samples;
}

/** The response of one node of a new fleet, `seconds` after its start. */
export function answerOf(scenario: string, name: string, seconds = 0, seed = 'falco'): string {
  const fleet = createFleet({ scenario, seed, start: START });
  return fleet.answer(nodeOf(fleet, name), START + seconds * 1000);
}

export function nodeOf({ nodes }: Simulation, name: string): Simulation['nodes'][number] {
  const node = nodes.find(({ spec }) => spec.name === name);
  if (!node) {
    throw new Error(`no node ${name}`);
  }
  return node;
}

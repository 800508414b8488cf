import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Simulation } from './simulation';

/**
 * Writes DIR/<node>/<ms>.prom and DIR/falcosidekick/<ms>.prom, one file per simulated successful
 * scrape.
 */
export async function dump(
  simulation: Simulation,
  directory: string,
  { interval, samples }: { interval: number; samples: number }
): Promise<number> {
  let files = 0;
  const write = async (name: string, text: (at: number) => string | undefined) => {
    await mkdir(join(directory, name), { recursive: true });
    for (let i = 0; i < samples; i++) {
      const at = simulation.start + i * interval * 1000;
      const answer = text(at);
      if (answer !== undefined) {
        await writeFile(join(directory, name, `${at}.prom`), answer);
        files++;
      }
    }
  };
  for (const node of simulation.nodes) {
    await write(node.spec.name, (at) =>
      simulation.phase(node, at) === 'up' ? simulation.answer(node, at) : undefined
    );
  }
  await write('falcosidekick', (at) => simulation.sidekickAnswer(at));
  return files;
}

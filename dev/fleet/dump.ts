import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Simulation } from './simulation';

/** Writes DIR/<node>/<ms>.prom and DIR/falcosidekick/<ms>.prom, one file for each simulated scrape. */
export async function dump(
  simulation: Simulation,
  directory: string,
  { interval, samples }: { interval: number; samples: number }
): Promise<number> {
  let files = 0;
  const write = async (name: string, text: (at: number) => string) => {
    await mkdir(join(directory, name), { recursive: true });
    for (let i = 0; i < samples; i++) {
      const at = simulation.start + i * interval * 1000;
      await writeFile(join(directory, name, `${at}.prom`), text(at));
      files++;
    }
  };
  for (const node of simulation.nodes) {
    await write(node.spec.name, (at) => simulation.answer(node, at));
  }
  await write('falcosidekick', (at) => simulation.sidekickAnswer(at));
  return files;
}

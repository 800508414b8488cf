import { createFleet } from '../../dev/fleet/simulation';
import { ExpositionReader, SampleBuffer } from '../../src/live';
import { catalogue } from '../../src/signals';

export interface Watch {
  /** Seconds between scrapes, and the number of scrapes. */
  interval: number;
  scrapes: number;
  /** Maximum number of nodes. */
  nodes?: number;
  /** Every other node gets the label `zone`, as the settings of a target can add one. */
  zones?: boolean;
}

/** Time of the first scrape. It is not a multiple of any step. */
export const firstScrape = 1_790_000_003_000;

/** The samples of the demo fleet as live mode buffers them, including the gauges from a target's settings. */
export function watchFleet({ interval, scrapes, nodes, zones = false }: Watch): SampleBuffer {
  const fleet = createFleet({ start: firstScrape, nodes });
  const buffer = new SampleBuffer({ samplesPerSeries: scrapes + 1, maxAgeMs: Infinity });
  const limits = { sampleLimit: 20_000, labelValueLengthLimit: 1000 };
  const gauges = catalogue.targetGauges.map(({ metric, fallback }) => `${metric} ${fallback || 8}\n`).join('');
  const targets = [
    ...fleet.nodes.map((node, i) => ({
      identity: {
        cluster: node.spec.cluster ?? 'demo',
        node: node.spec.name,
        ...(zones && i % 2 === 0 && { zone: 'a' }),
      },
      reader: new ExpositionReader('falco', catalogue.reading, limits),
      answer: (at: number) => (fleet.phase(node, at) === 'up' ? fleet.answer(node, at) : undefined),
    })),
    ...fleet.nodeExporters.map((exporter) => ({
      identity: { cluster: exporter.spec.cluster ?? 'demo', node: exporter.spec.name, kind: 'node-exporter' },
      reader: new ExpositionReader('node-exporter', catalogue.reading, limits),
      answer: (at: number) => exporter.answer(at),
    })),
    {
      identity: { cluster: 'demo', node: 'falcosidekick', kind: 'falcosidekick' },
      reader: new ExpositionReader('falcosidekick', catalogue.reading, limits),
      answer: (at: number) => fleet.sidekickAnswer(at),
    },
  ];
  for (let scrape = 0; scrape < scrapes; scrape++) {
    const time = firstScrape + scrape * interval * 1000;
    for (const { identity, reader, answer } of targets) {
      const body = answer(time);
      const read = body === undefined ? undefined : reader.read(`${body}\n${gauges}`);
      buffer.append(identity.node, identity, { time, exposition: read, duration: 0.012 });
    }
  }
  return buffer;
}

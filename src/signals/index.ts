import { checks } from './checks';
import { continuity } from './continuity';
import { clock } from './continuity/clock';
import { sharedKernel } from './continuity/shared-kernel';
import { dataQuality } from './data-quality';
import { delivery } from './delivery';
import { displayOf } from './display';
import { events } from './events';
import { impact } from './impact';
import { inventory } from './inventory';
import { nodeExporterReading } from './node-exporter';
import { groupings, metricLabels, metricsByHost, priority, reading, switches } from './reading';
import { receiver } from './receiver';
import { resources } from './resources';
import { rules } from './rules';
import { security } from './security';
import { store } from './store';
import { baselines, targetGauges } from './targets';
import { type Catalogue, type Signal, type TargetKind } from './types';

const signals = [...dataQuality, ...continuity, ...resources, ...delivery, ...security].map((signal) => ({
  ...signal,
  targetKind: signal.targetKind ?? kindOfNeeds(signal),
  ...displayOf(signal),
}));

const fromNodeExporter = nodeExporterReading(signals);

/** Everything the plugin knows about the metrics of Falco, Falcosidekick and node_exporter. */
export const catalogue: Catalogue = {
  dimensions: [
    {
      id: 'data-quality',
      title: 'Data quality',
      question: 'How many events does Falco miss, and how loaded are the servers?',
    },
    { id: 'continuity', title: 'Continuity', question: 'Is Falco up everywhere, and how often does it restart?' },
    { id: 'resources', title: 'Resources', question: 'What does Falco cost, and does it affect the host?' },
    { id: 'delivery', title: 'Delivery', question: 'Do alerts reach their destinations?' },
    { id: 'security', title: 'Security', question: 'Are the right rules loaded, and do they match?' },
  ],
  groupings,
  metricLabels,
  priority,
  metricsByHost,
  reading: { ...reading, ...fromNodeExporter, keepLabels: [...reading.keepLabels, ...fromNodeExporter.keepLabels] },
  switches,
  signals,
  checks,
  inventory,
  events,
  impact,
  rules,
  targetGauges,
  baselines,
  receiver,
  clock,
  sharedKernel,
  store: { ...store, externalMetrics: [...new Set(signals.flatMap(listExternalMetrics))] },
};

/** Returns the kind of target that exports the first needed metric whose name identifies one. */
function kindOfNeeds({ needs }: Signal): TargetKind {
  const marks = needs.map(({ metric }) => reading.identifyingMetrics.find(({ prefix }) => metric.startsWith(prefix)));
  return marks.find((mark) => mark !== undefined)?.kind ?? 'falco';
}

/** Metrics of other exporters that a signal reads. */
function listExternalMetrics({ needs, inStore }: Signal): string[] {
  return [
    ...(inStore?.metrics ?? []),
    ...needs.filter(({ from }) => from && from !== 'alert receiver').map(({ metric }) => metric),
  ];
}

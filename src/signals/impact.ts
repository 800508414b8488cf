import { type Impact, type ImpactFigure } from './types';

const onNode = { subject: 'node', worse: 'higher' } as const;

/** Pressure and losses are near 0 on most nodes, where a share of them says little. */
const ofNode: ImpactFigure[] = [
  { signal: 'host-cpu-pressure-ratio', ...onNode },
  { signal: 'host-run-queue-delay-ratio', ...onNode },
  { signal: 'host-memory-pressure-ratio', ...onNode, absolute: true },
  { signal: 'host-io-pressure-ratio', ...onNode, absolute: true },
  { signal: 'host-disk-latency', ...onNode },
  { signal: 'host-tcp-retransmission-ratio', ...onNode, absolute: true },
  { signal: 'host-tcp-listen-drop-rate', ...onNode, absolute: true },
  { signal: 'host-cpu-busy-ratio', ...onNode },
  { signal: 'host-context-switch-rate', subject: 'node' },
  { signal: 'server-load', subject: 'node' },
];

const cost = { subject: 'falco', worse: 'higher' } as const;

const ofFalco: ImpactFigure[] = [
  { signal: 'cpu-usage-avg-ratio', ...cost },
  { signal: 'probe-cpu-ratio', ...cost },
  { signal: 'probe-run-time', ...cost },
  { signal: 'memory-rss-avg', ...cost },
  { signal: 'kernel-drop-ratio', ...cost, absolute: true },
];

export const impact: Impact = {
  changes: ['engine', 'version', 'config', 'rules', 'reload', 'restart'],
  disturbances: ['kernel'],
  load: 'server-load',
  figures: [...ofNode, ...ofFalco],
};

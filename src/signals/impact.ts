import { type Impact, type ImpactFigure } from './types';

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
  figures: [{ signal: 'server-load', subject: 'node' }, ...ofFalco],
};

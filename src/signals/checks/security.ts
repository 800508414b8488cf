import { type Check } from '../types';

export const security: Check[] = [
  {
    id: 'sources',
    signal: 'source-up',
    worst: 'min',
    window: '5m',
    meaning: {
      ok: 'Events come in.',
      critical: 'Not a single event came in from a source: Falco is blind there.',
    },
    advice: [
      {
        why: 'The driver hands nothing over, though a running system always makes system calls.',
        change:
          'Restart Falco and read in its log whether the driver was loaded; see base_syscalls.custom_set and engine.kind.',
        cost: 'The node is unwatched for some seconds.',
      },
    ],
  },
];

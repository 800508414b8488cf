import { type Check } from '../types';

export const security: Check[] = [
  {
    id: 'sources',
    signal: 'source-up',
    worst: 'min',
    window: '5m',
    meaning: {
      ok: 'Every source delivers events.',
      critical: 'A source delivered no events: Falco is blind there.',
    },
    advice: [
      {
        why: 'The driver delivers no events, although a running system always makes syscalls.',
        change:
          'Restart Falco and check in its log that the driver was loaded. Check base_syscalls.custom_set and engine.kind.',
        cost: 'Falco does not monitor the node for some seconds.',
      },
    ],
  },
];

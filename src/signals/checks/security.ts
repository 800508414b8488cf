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
  {
    id: 'container-data',
    signal: 'container-data-loss',
    worst: 'max',
    meaning: {
      ok: 'Falco tracks the containers of the node.',
      critical:
        'Falco tracks no containers, although there are some: rules on containers do not match, and alerts lack the names of containers and pods.',
    },
    advice: [
      {
        why: 'The container plugin has no data from the container runtime.',
        change:
          "Check that the socket of the runtime is mounted into the Falco container and listed in the settings of the container plugin (init_config.engines), check Falco's log for errors of the plugin, then restart Falco.",
        cost: 'Falco does not monitor the node for some seconds.',
      },
    ],
    optional: true,
  },
];

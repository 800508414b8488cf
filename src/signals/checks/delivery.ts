import { type Check } from '../types';
import { queueFull } from './conditions';

const slowOutput = {
  why: 'An output is slower than the alerts come in, and the queue before it is full.',
  change:
    'Speed that output up or take it out (http_output, program_output, file_output; see output_timeout); calm the noisiest rules; then raise outputs_queue.capacity.',
  cost: 'Memory for a longer queue; without any bound (0) Falco may be killed for running out of it.',
};

export const delivery: Check[] = [
  {
    id: 'outputs-queue',
    signal: 'outputs-queue-drops',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'No alert was thrown away in Falco’s queue.',
      critical: 'Alerts were thrown away in Falco’s own queue, and reach nobody.',
    },
    advice: [slowOutput],
  },
  {
    id: 'sidekick',
    signal: 'sidekick-up',
    worst: 'min',
    meaning: {
      ok: 'Falcosidekick answers.',
      critical: 'Falcosidekick does not answer: the alerts of all Falcos that send to it may reach nobody.',
    },
    advice: [
      {
        why: 'Falcosidekick is down or out of reach; the data source’s notices tell which.',
        change:
          'See whether its pods run and why they stopped; then its address and port (2801) in the settings of the target, and the network policy between Grafana’s server and it.',
        cost: 'None.',
      },
    ],
  },
  {
    id: 'loss-before-sidekick',
    signal: 'loss-before-sidekick-ratio',
    worst: 'max',
    window: '30m',
    meaning: {
      ok: 'Falcosidekick gets what this Falco’s rules raise.',
      warning: 'More than 5 % of this Falco’s alerts do not arrive at Falcosidekick.',
      critical: 'Half of this Falco’s alerts or more do not arrive at Falcosidekick.',
    },
    advice: [
      { ...slowOutput, when: queueFull },
      {
        why: 'Falco’s requests do not reach Falcosidekick, or are refused.',
        change:
          'Check http_output.enabled, http_output.url and json_output: true in falco.yaml, and the network policy between them; see the rejected requests of Falcosidekick.',
        cost: 'None.',
      },
    ],
  },
  {
    id: 'destination-errors',
    signal: 'destination-error-ratio',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'Every destination takes what it is sent.',
      warning: 'A destination refuses more than 1 % of the alerts: they are lost to it.',
      critical: 'A destination refuses a tenth of the alerts or more.',
    },
    advice: [
      {
        why: 'Falcosidekick does not try again: what is refused is gone.',
        change:
          'Read Falcosidekick’s log for the destination’s answer: an expired token, a wrong address, a rate limit, a certificate. Where all destinations fail, look at the way out of the cluster.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
];

import { type Check } from '../types';
import { queueFull } from './conditions';

const slowOutput = {
  why: 'An output is slower than the rate of alerts, and the outputs queue is full.',
  change:
    'Speed up or disable that output (http_output, program_output, file_output; see output_timeout), reduce the noisiest rules, then raise outputs_queue.capacity.',
  cost: 'Memory for a longer queue. With an unbounded queue (0), Falco may be OOM-killed.',
};

export const delivery: Check[] = [
  {
    id: 'outputs-queue',
    signal: 'outputs-queue-drops',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'The outputs queue dropped no alerts.',
      critical: 'The outputs queue dropped alerts. They reached no output.',
    },
    advice: [slowOutput],
  },
  {
    id: 'sidekick',
    signal: 'sidekick-up',
    worst: 'min',
    meaning: {
      ok: 'Falcosidekick responds.',
      critical: 'Falcosidekick does not respond. Alerts of all Falco instances that send to it may be lost.',
    },
    advice: [
      {
        why: 'Falcosidekick is down or unreachable. The notices of the data source say which.',
        change:
          'Check that its pods run and why they stopped, that the address and port (2801) in the settings of the target are right, and that network policies allow traffic from the Grafana server.',
        cost: 'None.',
      },
    ],
  },
  {
    id: 'sidekick-restarts',
    signal: 'sidekick-restarts',
    worst: 'max',
    window: '1h',
    meaning: {
      ok: 'Falcosidekick did not restart repeatedly within the last hour.',
      warning: 'Falcosidekick restarted at least three times within the last hour. Alerts sent meanwhile are lost.',
    },
    advice: [
      {
        why: 'The Falcosidekick process keeps terminating.',
        change:
          'Check why its container terminated (kubectl describe pod, kubectl logs --previous). OOMKilled requires a higher memory limit, or a faster or removed destination.',
        cost: 'Memory of the node.',
      },
    ],
    optional: true,
  },
  {
    id: 'loss-before-sidekick',
    signal: 'loss-before-sidekick-ratio',
    worst: 'max',
    window: '30m',
    meaning: {
      ok: 'Falcosidekick receives the alerts of this Falco.',
      warning: 'More than 5 % of the alerts of this Falco do not reach Falcosidekick.',
      critical: 'At least half of the alerts of this Falco do not reach Falcosidekick.',
    },
    advice: [
      { ...slowOutput, when: queueFull },
      {
        why: 'Requests from Falco do not reach Falcosidekick or are rejected.',
        change:
          'Check http_output.enabled, http_output.url and json_output: true in falco.yaml, the network policies between them, and the requests that Falcosidekick rejected.',
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
      ok: 'Every destination accepts its alerts.',
      warning: 'A destination rejects more than 1 % of the alerts. It never receives them.',
      critical: 'A destination rejects at least 10 % of the alerts.',
    },
    advice: [
      {
        why: 'Falcosidekick does not retry: rejected alerts are lost.',
        change:
          'Read the response of the destination in the Falcosidekick log: an expired token, a wrong address, a rate limit or a certificate. If all destinations fail, check the egress of the cluster.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
];

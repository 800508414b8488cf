import { type Check } from '../types';
import { wrongClock } from './advice';
import { backlog, queueFull } from './conditions';

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
    id: 'sidekick-memory',
    signal: 'sidekick-memory-limit-ratio',
    worst: 'max',
    meaning: {
      ok: 'Falcosidekick uses less than 80 % of its memory limit.',
      warning: 'Falcosidekick uses at least 80 % of its memory limit.',
      critical:
        'Falcosidekick uses at least 90 % of its memory limit. At the limit it is killed, and the alerts in its memory are lost.',
    },
    advice: [
      {
        when: backlog,
        why: 'Alerts wait in memory for a slow destination.',
        change: 'Find the slow destination in the Falcosidekick log, and fix or remove it.',
        cost: 'Without a destination, its alerts go nowhere else.',
      },
      {
        why: 'The limit is too low.',
        change:
          'Raise the memory limit of the Falcosidekick container, and memoryLimit of the target in the settings of the data source.',
        cost: 'Memory of the node.',
      },
    ],
    optional: true,
  },
  {
    id: 'sidekick-backlog',
    signal: 'sidekick-goroutines',
    worst: 'max',
    meaning: {
      ok: 'Falcosidekick delivers alerts as fast as they arrive.',
      warning: 'At least a thousand goroutines of Falcosidekick run: alerts wait for a slow destination.',
    },
    advice: [
      {
        why: 'A destination responds more slowly than alerts arrive, or not at all.',
        change:
          'Find it in the Falcosidekick log (time-outs), and check the network between them. Set its minimumpriority to send it fewer alerts.',
        cost: 'The destination does not receive the alerts below the priority.',
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
  {
    id: 'delivery-loss',
    signal: 'delivery-loss-ratio',
    worst: 'max',
    window: '30m',
    meaning: {
      ok: 'The alerts of this Falco arrive at the alert receiver.',
      warning: 'More than 5 % of the alerts of this Falco do not arrive at the alert receiver.',
      critical: 'At least half of the alerts of this Falco do not arrive at the alert receiver.',
    },
    advice: [
      { ...slowOutput, when: queueFull },
      {
        why: 'Alerts are lost on the way, refused by the alert receiver, or filtered by a sender.',
        change:
          'Compare with loss-before-sidekick-ratio to see where. The health check of the data source says which requests were refused. If a sender filters, set receiver.minimumPriority or receiver.rules.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
  {
    id: 'delivery-on-time',
    signal: 'delivery-on-time-ratio',
    worst: 'min',
    window: '1h',
    meaning: {
      ok: 'At least 95 % of the alerts arrive in time.',
      warning: 'Less than 95 % of the alerts of the last hour arrived in time.',
      critical: 'Less than 70 % of the alerts of the last hour arrived in time.',
    },
    advice: [
      {
        why: 'An output of Falco blocks the others, or Falcosidekick cannot keep up.',
        change:
          'Compare the paths falco and falcosidekick (delivery-time-p95). If falco is late, look for outputs that block (output_timeout). If only falcosidekick is, raise webhook.maxconcurrentrequests of Falcosidekick, which is 1 by default, or give it more CPU.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
  {
    id: 'canary',
    signal: 'missed-canaries',
    extraDimensions: ['security'],
    worst: 'max',
    meaning: {
      ok: 'The canary arrives.',
      warning: 'Two canaries in a row did not arrive.',
      critical: 'Three canaries in a row or more did not arrive.',
    },
    advice: [
      {
        why: 'The job does not run, the rule is not loaded, Falco detects nothing, or the alert is lost on the way.',
        change:
          'See canary-elapsed-time of the rule: if it matches, follow the alert through outputs-queue, Falcosidekick and the requests that the alert receiver refused. If it does not, check the job, rules-drift and stalled.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
  {
    id: 'clock-ahead',
    signal: 'clock-ahead',
    worst: 'max',
    meaning: {
      ok: 'No alert of the last minutes arrived before its event.',
      warning: "The clock of the node is ahead of Grafana's, so delivery times are too short.",
    },
    advice: [wrongClock],
    optional: true,
  },
];

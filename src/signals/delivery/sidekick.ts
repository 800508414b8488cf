import { links } from '../links';
import { sidekickCounter, sidekickProcess, targetSetting } from '../needs';
import { inputs, olderInputs, olderOutputs, outputs } from '../sidekick';
import { increaseFromZero, combineNames, divide } from '../templates';
import { type Advice, type Signal } from '../types';

const received = combineNames([inputs, olderInputs], (name) => increaseFromZero(name));
const sent = (matchers?: string) =>
  combineNames([outputs, olderOutputs], (name) => increaseFromZero(name, { matchers }));
const group = (vector: string) => `sum by ($groupBy) (${vector})`;
/** Keeps the series of Falcosidekick: other programs export the same metrics. */
const ofSidekick = (vector: string) => `(${vector} and on ($identity) up{kind="falcosidekick",$filter})`;
/** Failed deliveries; 0 if there were none, so a destination without errors has a value. */
const refused = `(${group(sent('status="error"'))} or 0 * ${group(sent())})`;

/** Memory limit from the settings of the target, in bytes; exists only if it is set. */
const memoryLimit = 'falco_target_memory_limit_bytes';

const uncounted =
  'Falcosidekick does not count smtp or the OTLP outputs for traces and logs, and counts only errors of GCP Cloud Functions. They cannot be judged here.';

const destination: Advice = {
  when: 'One destination fails, and the others do not.',
  change:
    'Read its response in the Falcosidekick log: an expired token, a wrong address, a rate limit or a certificate. Falcosidekick does not retry.',
  cost: 'None.',
};

const network: Advice = {
  when: 'All destinations fail at the same time.',
  change: 'Check the egress of the cluster: DNS, proxy, and network policies of the Falcosidekick pod.',
  cost: 'None.',
};

const restarts: Advice = {
  when: 'Falcosidekick restarts, or its memory grows.',
  change:
    'Check why its container terminated (kubectl describe pod): OOMKilled requires a higher memory limit, or a faster or removed destination.',
  cost: 'Memory of the node.',
};

export const sidekick: Signal[] = [
  {
    id: 'sidekick-up',
    title: 'Falcosidekick up',
    dimension: 'delivery',
    targetKind: 'falcosidekick',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: "Whether Falcosidekick's metrics endpoint responds: 1 yes, 0 no",
    description:
      'Whether the last scrape of Falcosidekick returned metrics. While it is down, the alerts of all Falco instances that send to it are lost, and the delivery signals have no value. A response does not mean that alerts arrive or are delivered: see loss-before-sidekick-ratio and destination-error-ratio. There is a value only if a Falcosidekick is among the targets. Groups show 0 if one of them is down.',
    expr: 'min by ($groupBy) (up{kind="falcosidekick",$filter})',
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'Falco does not buffer alerts for a Falcosidekick that is down: they are lost.',
      source: links.sidekick,
    },
    advice: [
      {
        when: 'Nothing responds at the address.',
        change:
          'Check that the Falcosidekick pods run and why they stopped, that the address and port (2801) in the settings of the target are right, and that network policies allow traffic from the Grafana server.',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    values: [
      { value: 0, text: 'down', level: 'critical' },
      { value: 1, text: 'up', level: 'ok' },
    ],
  },
  {
    id: 'sidekick-restarts',
    title: 'Falcosidekick restarts',
    dimension: 'delivery',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Falcosidekick process starts within the window',
    description:
      'How often the start time of the Falcosidekick process changed. Alerts sent during a restart are lost, because Falco does not buffer them. The label node is that of Falcosidekick.',
    expr: group(ofSidekick('changes(process_start_time_seconds{$filter}[$window])')),
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [sidekickProcess('process_start_time_seconds')],
    targetKind: 'falcosidekick',
    thresholds: {
      direction: 'above',
      warning: 3,
      because: 'A rollout restarts it once. The threshold is ours.',
      source: links.sidekick,
    },
    advice: [restarts],
    link: links.sidekick,
  },
  {
    id: 'sidekick-memory',
    title: 'Falcosidekick memory',
    dimension: 'delivery',
    unit: 'bytes',
    min: 0,
    summary: 'Resident memory of the Falcosidekick process',
    description:
      'Falcosidekick keeps alerts in memory until each destination has accepted or rejected them. Memory that grows together with sidekick-goroutines shows a destination that is slower than the alerts. Groups show the maximum. The label node is that of Falcosidekick.',
    expr: `max by ($groupBy) (${ofSidekick('process_resident_memory_bytes{$filter}')})`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [sidekickProcess('process_resident_memory_bytes')],
    targetKind: 'falcosidekick',
    advice: [restarts],
    link: links.sidekick,
  },
  {
    id: 'sidekick-memory-limit-ratio',
    title: 'Falcosidekick memory limit usage',
    dimension: 'delivery',
    unit: 'percentunit',
    min: 0,
    summary: 'Resident memory of Falcosidekick as a share of its memory limit',
    description:
      'Resident memory divided by the memory limit in the settings of the target (memoryLimit). At the limit, the kernel kills Falcosidekick, and the alerts that it keeps in memory are lost. There is a value only if a limit is set. Groups show the maximum. The label node is that of Falcosidekick.',
    expr: `max by ($groupBy) (${ofSidekick('process_resident_memory_bytes{$filter}')} / on ($identity) max by ($identity) (${memoryLimit}{$filter}))`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [sidekickProcess('process_resident_memory_bytes'), targetSetting(memoryLimit)],
    targetKind: 'falcosidekick',
    thresholds: {
      direction: 'above',
      warning: 0.8,
      critical: 0.9,
      because: 'The same as for Falco. The thresholds are ours.',
      source: links.sidekick,
    },
    advice: [restarts],
    link: links.sidekick,
  },
  {
    id: 'sidekick-goroutines',
    title: 'Falcosidekick goroutines',
    dimension: 'delivery',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Goroutines of Falcosidekick, which grow with the alerts that wait for a destination',
    description:
      'Falcosidekick sends each alert to each destination in a goroutine of its own and does not export the length of a queue. A number that keeps growing shows that alerts wait for a slow destination. Groups show the maximum. The label node is that of Falcosidekick.',
    expr: `max by ($groupBy) (${ofSidekick('go_goroutines{$filter}')})`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [sidekickProcess('go_goroutines')],
    targetKind: 'falcosidekick',
    thresholds: {
      direction: 'above',
      warning: 1000,
      because: 'A Falcosidekick that keeps up has some tens of goroutines. The threshold is ours.',
      source: links.sidekick,
    },
    advice: [destination, network],
    link: links.sidekick,
  },
  {
    id: 'sidekick-input-rate',
    title: 'Falcosidekick requests',
    dimension: 'delivery',
    unit: 'count:alerts/h',
    min: 0,
    summary: 'Requests per hour that Falcosidekick accepted or rejected',
    description:
      "One request is one alert of a Falco. A request is rejected if it is not a POST, has no body or is not valid JSON. Falcosidekick's counters appear with their first increment, which counts if Falcosidekick was up when the window began. The label node is that of Falcosidekick, not of Falco.",
    expr: `${group(received)} / $window * 3600`,
    groupBy: { default: ['$identity', 'status'], allowed: [] },
    needs: [sidekickCounter(inputs, olderInputs)],
    advice: [
      {
        when: 'Requests are rejected.',
        change: 'Set json_output: true in falco.yaml, and find out what else sends requests to Falcosidekick.',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    noValueReason: 'It has received no requests yet',
  },
  {
    id: 'destination-output-rate',
    title: 'Deliveries',
    dimension: 'delivery',
    unit: 'count:alerts/h',
    min: 0,
    summary: 'Alerts per hour that Falcosidekick sent to each destination, by status',
    description: `By destination and status (ok or error). A destination with a minimum priority receives fewer alerts than Falcosidekick accepts. ${uncounted} The label node is that of Falcosidekick.`,
    expr: `${group(sent())} / $window * 3600`,
    groupBy: { default: ['$identity', 'destination', 'status'], allowed: [] },
    needs: [sidekickCounter(outputs, olderOutputs)],
    advice: [destination],
    link: links.sidekick,
    noValueReason: 'It has sent nothing yet',
  },
  {
    id: 'destination-error-ratio',
    title: 'Delivery errors',
    dimension: 'delivery',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of failed deliveries to a destination',
    description: `Errors divided by all deliveries within the window, for each destination. Falcosidekick does not retry: the destination never receives a failed alert. A destination to which nothing was sent has no value. ${uncounted} The label node is that of Falcosidekick.`,
    expr: divide(refused, group(sent())),
    groupBy: { default: ['$identity', 'destination'], allowed: [] },
    needs: [sidekickCounter(outputs, olderOutputs)],
    thresholds: {
      direction: 'above',
      warning: 0.01,
      critical: 0.1,
      because:
        'A destination never receives an alert that it rejected. The Falcosidekick documentation gives no thresholds; these are ours.',
      source: links.sidekick,
    },
    advice: [destination, network],
    link: links.sidekick,
    noValueReason: 'No deliveries within the window',
  },
  {
    id: 'loss-after-sidekick-ratio',
    title: 'Lost after Falcosidekick',
    dimension: 'delivery',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of all deliveries of Falcosidekick that failed',
    description: `The last link of the delivery chain as one value: failed deliveries divided by all deliveries, for all destinations together. It cannot be broken down by Falco, because Falcosidekick does not count deliveries per host, and it does not include what a destination accepts and loses later. ${uncounted} The label node is that of Falcosidekick.`,
    expr: divide(refused, group(sent())),
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [sidekickCounter(outputs, olderOutputs)],
    advice: [destination, network],
    link: links.sidekick,
    noValueReason: 'No deliveries within the window',
  },
];

import { links } from '../links';
import { sidekickCounter } from '../needs';
import { inputs, olderInputs, olderOutputs, outputs } from '../sidekick';
import { counted, either, share } from '../templates';
import { type Advice, type Signal } from '../types';

const received = either([inputs, olderInputs], (name) => counted(name));
const sent = (matchers?: string) => either([outputs, olderOutputs], (name) => counted(name, { matchers }));
const group = (vector: string) => `sum by ($groupBy) (${vector})`;
/** Refused deliveries; 0 where none was, so that a destination without an error has a figure. */
const refused = `(${group(sent('status="error"'))} or 0 * ${group(sent())})`;

const uncounted =
  'Falcosidekick counts neither smtp nor the OTLP outputs for traces and logs, and of GCP Cloud Functions only errors: those cannot be judged here.';

const destination: Advice = {
  when: 'One destination refuses, and the others do not.',
  change:
    'Read Falcosidekick’s log for its answer: an expired token, a wrong address, a rate limit, a certificate. Falcosidekick does not try again.',
  cost: 'None.',
};

const network: Advice = {
  when: 'All destinations refuse at one time.',
  change: 'Look at the way out of the cluster: DNS, proxy, network policy of Falcosidekick’s pod.',
  cost: 'None.',
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
    summary: 'Whether Falcosidekick’s metrics endpoint answers: 1 it does, 0 it does not',
    description:
      'Whether the last scrape of Falcosidekick brought metrics. While it is down, the alerts of all Falcos that send to it reach nobody, and no figure of delivery is known. An answer does not say that alerts come in or get on: see loss-before-sidekick-ratio and destination-error-ratio. There is a figure only where a Falcosidekick is among the targets. A group shows 0 as soon as one of them is down.',
    expr: 'min by ($groupBy) (up{kind="falcosidekick",$filter})',
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'Falco does not keep alerts for a Falcosidekick that is away: what is raised meanwhile is lost.',
      source: links.sidekick,
    },
    advice: [
      {
        when: 'Nothing answers on the address.',
        change:
          'See whether Falcosidekick’s pods run and why they stopped; then its address and port (2801) in the settings of the target, and the network policy between Grafana’s server and it.',
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
    id: 'sidekick-input-rate',
    title: 'Falcosidekick requests',
    dimension: 'delivery',
    unit: 'eps',
    min: 0,
    summary: 'Requests per second that Falcosidekick accepted or rejected',
    description:
      'One request is one alert of a Falco. rejected: no POST, no body, or no JSON that can be read. Falcosidekick’s counters appear with their first increment, which counts when it was up at the beginning of the window. Grouped by the node of the Falcosidekick, not of the Falco.',
    expr: `${group(received)} / $window`,
    groupBy: { default: ['$identity', 'status'], allowed: [] },
    needs: [sidekickCounter(inputs, olderInputs)],
    advice: [
      {
        when: 'Requests are rejected.',
        change: 'Set json_output: true in falco.yaml, and see who else sends to Falcosidekick’s address.',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    noValueReason: 'It has had no request yet',
  },
  {
    id: 'destination-output-rate',
    title: 'Deliveries',
    dimension: 'delivery',
    unit: 'eps',
    min: 0,
    summary: 'Alerts per second that Falcosidekick sent to each destination, with what came of it',
    description: `By destination and status, ok or error. A destination with a minimum priority gets fewer than Falcosidekick accepts. ${uncounted} Grouped by the node of the Falcosidekick.`,
    expr: `${group(sent())} / $window`,
    groupBy: { default: ['$identity', 'destination', 'status'], allowed: [] },
    needs: [sidekickCounter(outputs, olderOutputs)],
    advice: [destination],
    link: links.sidekick,
    noValueReason: 'It has delivered nothing yet',
  },
  {
    id: 'destination-error-ratio',
    title: 'Delivery errors',
    dimension: 'delivery',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of the deliveries to a destination that failed',
    description: `Errors divided by all deliveries within the window, for each destination. A failed delivery is not tried again: the alert is lost there. A destination to which nothing was sent has no figure. ${uncounted} Grouped by the node of the Falcosidekick.`,
    expr: share(refused, group(sent())),
    groupBy: { default: ['$identity', 'destination'], allowed: [] },
    needs: [sidekickCounter(outputs, olderOutputs)],
    thresholds: {
      direction: 'above',
      warning: 0.01,
      critical: 0.1,
      because: 'What a destination refuses is lost to it. The project names no bounds: these are ours.',
      source: links.sidekick,
    },
    advice: [destination, network],
    link: links.sidekick,
    noValueReason: 'Nothing was sent within the window',
  },
  {
    id: 'loss-after-sidekick-ratio',
    title: 'Lost after Falcosidekick',
    dimension: 'delivery',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of all deliveries of Falcosidekick that failed, over its destinations',
    description: `The last joint of the chain as one figure: failed deliveries divided by all, whatever their destination. It cannot be told by Falco: Falcosidekick does not count deliveries by host. Nor does it see what a destination accepts and loses afterwards. ${uncounted} Grouped by the node of the Falcosidekick.`,
    expr: share(refused, group(sent())),
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [sidekickCounter(outputs, olderOutputs)],
    advice: [destination, network],
    link: links.sidekick,
    noValueReason: 'Nothing was sent within the window',
  },
];

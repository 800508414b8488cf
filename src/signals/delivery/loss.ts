import { links } from '../links';
import { orRuleCountersOff } from '../needs';
import { countArrivals, expectedMatches, knownToReceiver, received, receiverMetric } from '../received';
import { rulesMatches } from '../rules';
import { anyGrouping, increaseFromZero, sumByGroup } from '../templates';
import { type Signal } from '../types';

/** Number of alerts required for a share: alerts on their way at the ends of the window make a few missing. */
const enough = 20;

/** What the rules of a node matched and the settings let through, by rule. */
const sent = `sum by (rule_name, $identity, $groupBy) ((${expectedMatches(increaseFromZero(rulesMatches), rulesMatches)}) and on ($identity) ${knownToReceiver})`;
/** What arrived of it; 0 for a rule of which nothing did. */
const arrived = `(${countArrivals('source!="internal"')} and on (rule_name, $identity) ${sent}) or on (rule_name, $identity) ${sent} * 0`;

/** The loss from the rules of Falco to the alert receiver. */
export const loss: Signal[] = [
  {
    id: 'delivery-loss-ratio',
    title: 'Lost alerts',
    dimension: 'delivery',
    targetKind: 'falco',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: "Share of the matches of Falco's rules whose alerts did not arrive at the alert receiver",
    description:
      "1 minus the alerts that arrived at the alert receiver, divided by the matches of Falco's rules, never below 0. Falco's own messages are excluded. Alerts that are on their way at the ends of the window count as lost or as too many, so use a window that is long compared with the delivery time, at least ten minutes. There is no value below 20 matches. Rules that the settings exclude do not count (receiver.minimumPriority, receiver.rules): name there what a sender filters, for otherwise it counts as lost. A node of which no alert has ever arrived has no value, because it may send to another place. If a node sends each alert on both paths, the path on which more arrive counts. Alerts that were sent while Grafana did not run are lost. Groups show all losses divided by all matches.",
    expr: `clamp_min(1 - ${sumByGroup(arrived)} / (${sumByGroup(sent)} >= ${enough}), 0)`,
    groupBy: { default: ['$identity'], allowed: ['rule_name', ...anyGrouping] },
    needs: [receiverMetric(received)],
    thresholds: {
      direction: 'above',
      warning: 0.05,
      critical: 0.5,
      because: 'Below 5 %, alerts on their way at the ends of the window may be the reason. The thresholds are ours.',
      source: links.outputs,
    },
    advice: [
      {
        when: 'The outputs queue of Falco also drops alerts (outputs-queue-drops).',
        change: 'Raise outputs_queue.capacity, or speed up the slowest output of Falco.',
        cost: 'Memory.',
      },
      {
        when: 'They are lost before Falcosidekick (loss-before-sidekick-ratio), or Falco sends to Grafana itself.',
        change:
          'Check http_output.url in falco.yaml and the network policies. Falco tries again only after a timeout (http_output.max_consecutive_timeouts).',
        cost: 'None.',
      },
      {
        when: 'They are lost after Falcosidekick (destination-error-ratio of the destination webhook).',
        change:
          'Read the response in the log of Falcosidekick. The health check of the data source says which requests were refused and why; raise receiver.rateLimit or receiver.seriesLimit if they are reached.',
        cost: 'Memory of Grafana for more series.',
      },
      {
        when: 'Only rules of low priority are lost.',
        change: 'Set receiver.minimumPriority to the minimumpriority of the webhook in Falcosidekick.',
        cost: 'None.',
      },
    ],
    link: links.outputs,
    noValueReason: `Fewer than 20 matches within the window, no alert of this node has ever arrived, the settings exclude its rules (receiver.minimumPriority, receiver.rules), ${orRuleCountersOff}`,
  },
];

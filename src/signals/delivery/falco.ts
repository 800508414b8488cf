import { links } from '../links';
import { exportedAlways, noMatchYet, sidekickCounter } from '../needs';
import { events, hostnames, knownToSidekick, olderEvents, countEventsOfFalco } from '../sidekick';
import { anyGrouping, increaseFromZero, sumByGroup } from '../templates';
import { type Signal } from '../types';

const queueDrops = 'falcosecurity_falco_outputs_queue_num_drops_total';
const matches = 'falcosecurity_falco_rules_matches_total';

/** Alerts of Falco's rules as counted by Falco and by Falcosidekick. */
const sent = `(${increaseFromZero(matches)} and on ($identity) ${hostnames}{$filter})`;
const raised = `last_over_time(${matches}[$window])`;
const received = countEventsOfFalco('source!="internal"', { filtered: true });

const lost = `increase(${queueDrops}{$filter}[$window])`;
/** The settings give the capacity of the queue, or a drop proves that the queue is bounded. */
const isKnown = `${queueDrops}{$filter} > 0 or ${lost} > 0 or on ($identity) falco_target_outputs_queue_capacity{$filter}`;
/** Number of alerts required for a share: two scrapes at different times differ by a few. */
const enough = 20;

export const falcoSide: Signal[] = [
  {
    id: 'outputs-queue-drops',
    title: 'Dropped alerts',
    dimension: 'delivery',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Alerts that Falco dropped within the window because its outputs queue was full',
    description:
      "Alerts, including Falco's own messages, that were dropped because the outputs queue was full. The windows of the points of a series overlap, so do not add up their values. The count is extrapolated to the ends of the window and may not be a whole number. Only a bounded queue drops alerts: with the default outputs_queue.capacity 0, memory grows instead. Falco does not export the capacity. There is a value if the settings of the target give it (outputsQueueCapacity, 0 for unbounded) or if a drop since the start proves that the queue is bounded.",
    expr: `sum by ($groupBy) ((${lost} and on ($identity) (${isKnown}))$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [exportedAlways(queueDrops)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'A dropped alert reaches no output; the healthy value is 0.',
      source: links.config,
    },
    advice: [
      {
        when: 'An output is slow: a program, file or HTTP endpoint blocks.',
        change: 'Speed up or disable that output (http_output, program_output, file_output); see output_timeout.',
        cost: 'None, except for a disabled output.',
      },
      {
        when: 'One noisy rule floods the queue.',
        change: 'Add exceptions to the rule or make its condition stricter.',
        cost: 'Falco no longer reports what the exceptions cover.',
      },
      {
        when: 'Bursts are legitimate.',
        change: 'Raise outputs_queue.capacity.',
        cost: 'Memory. With an unbounded queue, Falco may be OOM-killed.',
      },
    ],
    link: links.config,
    noValueReason:
      'Nothing was dropped since the start, and the capacity of the queue is unknown. An unbounded queue (outputs_queue.capacity 0, the default) collects alerts in memory instead of dropping them. Set outputsQueueCapacity in the settings of the target (0 for unbounded)',
  },
  {
    id: 'rule-match-rate',
    title: 'Rule matches',
    dimension: 'delivery',
    unit: 'count:alerts/h',
    min: 0,
    summary: "Alerts per hour raised by Falco's rules, before any output",
    description:
      'Matches of all rules, counted before the outputs queue: the start of the delivery chain. The counter of a rule appears with its first match, which counts if the target was up when the window began. Groups show the sum.',
    expr: `${sumByGroup(increaseFromZero(matches))} / $window * 3600`,
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'rule_name', 'priority', 'source'] },
    needs: [],
    addsHostEvents: true,
    advice: [
      {
        when: 'One rule causes most of them (see noisiest-rules-ratio).',
        change: 'Add exceptions to that rule or make its condition stricter.',
        cost: 'Falco no longer reports what the exceptions cover.',
      },
    ],
    link: links.rules,
    noValueReason: noMatchYet,
  },
  {
    id: 'loss-before-sidekick-ratio',
    title: 'Lost before Falcosidekick',
    dimension: 'delivery',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: "Estimated share of the alerts of a Falco's rules that Falcosidekick did not receive",
    description:
      "1 minus the alerts that Falcosidekick counted for the host name of this Falco, divided by the matches of its rules, never below 0. Falco's own messages are excluded. The target of Falcosidekick needs the same cluster label as Falco, or neither has one. It is an estimate: the two targets are scraped at different times and a window may split a batch, so use a window of at least ten minutes. There is no value below 20 alerts. Several Falcosidekicks are added up. A Falco from which Falcosidekick has never received an event has no value, because it may use another one. Groups show all losses divided by all alerts.",
    expr: `clamp_min(1 - ${sumByGroup(`${received} and on ($identity) ${raised}`)} / (${sumByGroup(`${sent} and on ($identity) ${knownToSidekick}`)} >= ${enough}), 0)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [exportedAlways(hostnames), sidekickCounter(events, olderEvents)],
    thresholds: {
      direction: 'above',
      warning: 0.05,
      critical: 0.5,
      because: 'Below 5 %, the different scrape times may be the reason. The thresholds are ours.',
      source: links.sidekick,
    },
    advice: [
      {
        when: 'The outputs queue of Falco also drops alerts (outputs-queue-drops).',
        change: 'Raise outputs_queue.capacity, or speed up the slowest output of Falco.',
        cost: 'Memory.',
      },
      {
        when: 'All alerts are lost.',
        change:
          'Check that http_output.enabled is true, http_output.url points to this Falcosidekick and json_output is true. Look for rejected requests in its log (sidekick-input-rate, status rejected).',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    noValueReason:
      'Fewer than 20 alerts were raised within the window, or no Falcosidekick among the targets of the same cluster has received an event from this Falco',
  },
];

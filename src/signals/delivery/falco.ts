import { links } from '../links';
import { always, noMatchYet, sidekickCounter } from '../needs';
import { events, hostnames, known, olderEvents, onFalco } from '../sidekick';
import { anyGrouping, counted, total } from '../templates';
import { type Signal } from '../types';

const queueDrops = 'falcosecurity_falco_outputs_queue_num_drops_total';
const matches = 'falcosecurity_falco_rules_matches_total';

/** Alerts of a Falco's rules, as it counted them and as Falcosidekick did; the query's filters are on the Falco. */
const sent = `(${counted(matches, { unfiltered: true })} and on ($identity) ${hostnames}{$filter})`;
const raised = `last_over_time(${matches}[$window])`;
const received = onFalco('source!="internal"');

const lost = `increase(${queueDrops}{$filter}[$window])`;
/** The settings say whether the queue has a bound, or something was lost, which proves one. */
const isKnown = `${queueDrops}{$filter} > 0 or ${lost} > 0 or on ($identity) falco_target_outputs_queue_capacity{$filter}`;
/** So many alerts have to be raised for a share of them: two scrapes at different moments differ by a few. */
const enough = 20;

export const falcoSide: Signal[] = [
  {
    id: 'outputs-queue-drops',
    title: 'Alerts dropped by the outputs queue',
    dimension: 'delivery',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary: 'Alerts that Falco lost within the window since its outputs queue was full',
    description:
      'Alerts, and Falco’s own messages, that found the outputs queue full and were thrown away, counted within the window ending at each point: points of a series overlap and must not be added up. The count is spread to the ends of the window and may differ from a whole number. Only a queue with a bound can lose: with outputs_queue.capacity 0, as Falco ships it, memory grows instead. Falco does not tell the bound: there is a figure where the settings of the target give it (outputsQueueCapacity, 0 for none), or where something was lost since the start, which proves one.',
    expr: `sum by ($groupBy) ((${lost} and on ($identity) (${isKnown}))$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [always(queueDrops)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'An alert that is lost here reaches nobody; the healthy figure is 0.',
      source: links.config,
    },
    advice: [
      {
        when: 'An output is slow: a program, file or HTTP endpoint that blocks.',
        change: 'Speed that output up or take it out (http_output, program_output, file_output); see output_timeout.',
        cost: 'None, but for the output that is taken out.',
      },
      {
        when: 'One noisy rule floods the queue.',
        change: 'Add exceptions to the rule, or raise its bar.',
        cost: 'What the exceptions cover is no longer reported.',
      },
      {
        when: 'Bursts are legitimate.',
        change: 'Raise outputs_queue.capacity.',
        cost: 'Memory; without any bound Falco may be killed for running out of it.',
      },
    ],
    link: links.config,
    noValueReason:
      'Nothing was lost since the start, and whether the queue has a bound is not known: without one (outputs_queue.capacity 0, as shipped) alerts pile up in memory instead; say it as outputsQueueCapacity in the settings of the target (0: no bound)',
  },
  {
    id: 'rule-match-rate',
    title: 'Rule matches',
    dimension: 'delivery',
    unit: 'eps',
    min: 0,
    summary: 'Alerts per second that Falco’s rules raised, before any output',
    description:
      'Matches of all rules, counted before the outputs queue: the head of the chain that ends at the destinations. A rule’s counter appears with its first match; that first match counts when the target was up at the beginning of the window. A group of nodes shows its sum.',
    expr: `${total(counted(matches))} / $window`,
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'rule_name', 'priority', 'source'] },
    needs: [],
    advice: [
      {
        when: 'One rule makes most of them (see noisiest-rules-ratio).',
        change: 'Add exceptions to that rule, or raise its bar.',
        cost: 'What the exceptions cover is no longer reported.',
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
    summary: 'Share of the alerts of a Falco’s rules that Falcosidekick did not get, estimated',
    description:
      'One less what Falcosidekick counted for the Falco’s host name, divided by what the Falco’s rules counted, never below 0; Falco’s own messages are left out. Falcosidekick’s target needs the same cluster label, or both none. It is an estimate: the two are scraped at different moments and a window may cut a batch in two, so choose a window of ten minutes or more; there is no figure below 20 alerts. Several Falcosidekicks add up. There is no figure for a Falco that Falcosidekick has never heard of, since it may have another one. A group shows all losses over all alerts.',
    expr: `clamp_min(1 - ${total(`${received} and on ($identity) ${raised}`)} / (${total(`${sent} and on ($identity) ${known}`)} >= ${enough}), 0)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [always(hostnames), sidekickCounter(events, olderEvents)],
    thresholds: {
      direction: 'above',
      warning: 0.05,
      critical: 0.5,
      because: 'Below 5 % the moments of the scrapes may account for it. The bounds are ours.',
      source: links.sidekick,
    },
    advice: [
      {
        when: 'Alerts are lost in Falco’s own queue as well (outputs-queue-drops).',
        change: 'Raise outputs_queue.capacity, or speed up the slowest output of Falco.',
        cost: 'Memory.',
      },
      {
        when: 'All alerts are lost.',
        change:
          'See whether http_output.enabled and http_output.url lead to this Falcosidekick and json_output is true; look for refused requests in its log (sidekick-input-rate, status rejected).',
        cost: 'None.',
      },
    ],
    link: links.sidekick,
    noValueReason:
      'Fewer than 20 alerts were raised within the window, or no Falcosidekick among the targets of the same cluster has had an event of this Falco',
  },
];

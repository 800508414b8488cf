import { links } from '../links';
import { always, foreign, sidekickCounter } from '../needs';
import { events as sidekickEvents, hostnames, olderEvents, onFalco } from '../sidekick';
import { anyGrouping, total } from '../templates';
import { type Advice, type Signal } from '../types';

const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
const terminated = 'kube_pod_container_status_last_terminated_reason';
const reloaded = 'falcosecurity_falco_reload_timestamp_nanoseconds';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

const starts = `changes(${started}{$filter}[$window])`;

const whyItEnds: Advice = {
  when: 'Falco keeps being restarted.',
  change:
    'Read why the process ended: out of memory (raise the limit, or bound outputs_queue.capacity), a rule or setting that does not load, a probe of /healthz that is too strict.',
  cost: 'None.',
};

/** Why the containers of Falcos last ended: reasons as Kubernetes tells them, or one of them. */
export function lastEnds(reason?: string): string {
  const matchers = ['container="falco"', ...(reason ? [`reason="${reason}"`] : [])];
  return `(${terminated}{${matchers.join(',')}} == 1) * on (namespace, pod) group_left ($identity) group by (namespace, pod, $identity) (falcosecurity_falco_version_info{$filter})`;
}

/** Messages of one of Falco's internal rules, as Falcosidekick counted them; 0 where it knows the Falco and got none. */
function internal(rule: string): string {
  const sent = onFalco(`rule="Falco internal: ${rule}"`);
  return total(`${sent} or ${onFalco()} * 0`);
}

const throughSidekick = [always(hostnames), sidekickCounter(sidekickEvents, olderEvents)];
const needsSidekick =
  'No Falcosidekick among the targets of the same cluster has had an event of this Falco, and Falco does not export this figure itself';

export const lifecycle: Signal[] = [
  {
    id: 'restarts',
    title: 'Restarts',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Starts of a new Falco process within the window',
    description:
      'How often the start time that Falco tells changed; a pod that moved to another address goes on under its node’s name, and counts. A process that ended before a scrape found it is not seen, so that this is the least number. A group of nodes shows its sum: a roll-out is one restart a node.',
    expr: total(starts),
    groupBy: perInstance,
    needs: [always(started)],
    advice: [whyItEnds],
    link: links.performance,
  },
  {
    id: 'crash-loops',
    title: 'Crash loops',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Falcos that started three times or more within half an hour',
    description:
      '1 where the start time changed three times or more within the last 30 minutes, whatever the window; else 0. A Falco that ends before it ever answers is down instead (nodes-without-falco). A roll-out or two in a row stay below. A group of nodes shows how many of them are in a crash loop.',
    expr: total(`changes(${started}{$filter}[30m]) >= bool 3`),
    groupBy: perInstance,
    needs: [always(started)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because:
        'Kubernetes waits up to five minutes before each restart: three in half an hour are seen however long the loop lasts, as long as each process lives for less than seven minutes. The bound is ours.',
      source: links.performance,
    },
    advice: [whyItEnds],
    link: links.performance,
    values: [
      { value: 0, text: 'none', level: 'ok' },
      { value: 1, text: 'crash loop', level: 'critical' },
    ],
  },
  {
    id: 'last-termination',
    title: 'Last termination',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Why Falco’s container last ended, as Kubernetes tells it: OOMKilled, Error, Completed and others',
    description:
      '1 for the reason why the container named falco of the pod last ended, as long as the pod lives; nothing for one that never ended. There is a figure only over a store that has the figures of kube-state-metrics, and where Falco’s series have the labels namespace and pod.',
    expr: `max by ($groupBy) (${lastEnds()})`,
    groupBy: { default: ['$identity', 'reason'], allowed: [] },
    needs: [foreign(terminated, 'kube-state-metrics')],
    advice: [whyItEnds],
    link: links.performance,
    noValueReason:
      'Its container has not ended since the pod was made, or Falco’s series lack the labels namespace and pod',
  },
  {
    id: 'reloads',
    title: 'Hot reloads',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Reloads of rules and settings within the window, without a restart',
    description:
      'How often the time of the last load changed, less the restarts, which change it as well. With a reload the counters of the kernel, of Falco’s tables and of its rules begin again at 0, which rates here allow for. A group of nodes shows its sum.',
    expr: total(`clamp_min(changes(${reloaded}{$filter}[$window]) - ${starts}, 0)`),
    groupBy: perInstance,
    needs: [{ ...always(reloaded), since: '0.41' }, always(started)],
    advice: [],
    link: links.config,
  },
  {
    id: 'hot-reload-failures',
    title: 'Failed hot reloads',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Reloads within the window that Falco gave up, so that it runs on with the rules of before',
    description:
      'Falco’s message “Falco internal: hot restart failure” as Falcosidekick counted it: Falco’s own endpoint does not tell. Falcosidekick names the host, which is brought to the Falco of that host name in the same cluster. Falco goes on with what it had, and looks healthy. 0 needs a Falcosidekick that has had at least one event of this Falco. A group of nodes shows its sum.',
    expr: internal('hot restart failure'),
    groupBy: perInstance,
    needs: throughSidekick,
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'Falco does not run the rules that you gave it; it says so with priority critical.',
      source: links.config,
    },
    advice: [
      {
        when: 'It happened after a change of rules or of falco.yaml.',
        change:
          'Read the message in Falco’s log or in Falcosidekick’s outputs, check the files with falco --validate, and load them again.',
        cost: 'None.',
      },
    ],
    link: links.config,
    noValueReason: needsSidekick,
  },
  {
    id: 'event-timeouts',
    title: 'Event timeouts',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Times within the window that Falco waited in vain for events, a thousand waits in a row',
    description:
      'Falco’s message “Falco internal: timeouts notification” as Falcosidekick counted it, brought to the Falco of that host name in the same cluster. On a host that is not idle it means that the driver delivers nothing. Falco sends it with priority debug after syscall_event_timeouts.max_consecutives waits. 0 needs a Falcosidekick that has had at least one event of this Falco. A group of nodes shows its sum.',
    expr: internal('timeouts notification'),
    groupBy: perInstance,
    needs: throughSidekick,
    thresholds: {
      direction: 'above',
      warning: 1,
      because: 'A host without a single event for that long is idle, or Falco is blind on it. The bound is ours.',
      source: links.config,
    },
    advice: [
      {
        when: 'The host is not idle.',
        change:
          'Restart Falco on the node and see whether its driver loads; raise syscall_event_timeouts.max_consecutives only for hosts that are truly idle.',
        cost: 'A restart leaves the node unwatched for some seconds.',
      },
    ],
    link: links.config,
    noValueReason: needsSidekick,
  },
];

import { links } from '../links';
import { exportedAlways, externalMetric } from '../needs';
import { countArrivals, knownToReceiver, whereExpected } from '../received';
import { type priorities } from '../rules';
import { countEventsOfFalco, hostnames } from '../sidekick';
import { scraping } from '../scraping';
import { anyGrouping, sumByGroup, withLabel } from '../templates';
import { type Advice, type Signal } from '../types';

const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
const terminated = 'kube_pod_container_status_last_terminated_reason';
const reloaded = 'falcosecurity_falco_reload_timestamp_nanoseconds';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

const boot = 'falcosecurity_falco_host_boot_timestamp_nanoseconds';
const fileInfos = ['config', 'rules'].map((kind) => `falcosecurity_falco_sha256_${kind}_files_info`);
const duration = 'falcosecurity_falco_duration_seconds_total';
const versionInfo = 'falcosecurity_falco_version_info';

const starts = `changes(${started}{$filter}[$window])`;

const whyItEnds: Advice = {
  when: 'Falco restarts repeatedly.',
  change:
    'Find out why the process terminated: out of memory (raise the limit, or set outputs_queue.capacity), a rule or setting that does not load, a liveness probe of /healthz that is too strict, or “could not initialize inotify handler” (raise fs.inotify.max_user_instances and fs.inotify.max_user_watches on the host, or set watch_config_files: false).',
  cost: 'None.',
};

/**
 * Returns 1 for instances that started often, as `often` says, and 0 for those known for `period` without it: by
 * the history, or by a process that is older. An instance that has not responded for an hour is no longer judged, so that
 * a node which was removed does not stay.
 */
function judgeRestarts(often: string, period: string, seconds: number): string {
  const known = `${duration}{$filter} > ${seconds} or ${started}{$filter} offset ${period}`;
  const alive = `last_over_time(${started}{$filter}[1h])`;
  // The least value that is kept: 0 if the period is known, else 1.
  const least = `(0 * max by ($identity) (${known}) or on ($identity) 0 * max by ($identity) (${alive}) + 1)`;
  return `(${often} >= on ($identity) group_left () ${least} and on ($identity) ${alive})`;
}
const startsWithin = (period: string) => `changes(${started}{$filter}[${period}])`;

/**
 * Returns the hours of a period with a start that a rollout or a reboot does not explain: the version, the files and the
 * host of the process were the same before. A fast crash loop that has ended is not a slow one, so each hour counts once.
 */
function hoursWithUnexplainedStarts(period: string): string {
  const hourly = `[${period}:1h]`;
  const starts = `changes(${started}{$filter}${hourly})`;
  const within = (metric: string) => `count_over_time(${metric}{$filter}${hourly})`;
  const versions = `count by ($identity) (group by ($identity, version) (${within(versionInfo)}))`;
  const digests = fileInfos.map(
    (info) => `count by ($identity, file_name) (group by ($identity, file_name, sha256) (${within(info)}))`
  );
  const causes = [
    // A rollout can change several of them at once.
    withLabel(`max by ($identity) (${[versions, ...digests].join(' or ')}) - 1`, 'cause', 'rollout'),
    withLabel(`max by ($identity) (changes(${boot}{$filter}${hourly}))`, 'cause', 'reboot'),
    withLabel(`max by ($identity) (${starts}) * 0`, 'cause', 'none'),
  ];
  return `(${starts} - on ($identity) group_left () sum by ($identity) (${causes.join(' or ')}))`;
}

/** Returns why Falco's containers last terminated according to Kubernetes: all reasons or one. */
export function lastTerminations(reason?: string): string {
  const matchers = ['container="falco"', ...(reason ? [`reason="${reason}"`] : [])];
  return `(${terminated}{${matchers.join(',')}} == 1) * on (namespace, pod) group_left ($identity) group by (namespace, pod, $identity) (falcosecurity_falco_version_info{$filter})`;
}

/**
 * Returns the messages of one of Falco's internal rules that the alert receiver or Falcosidekick
 * counted, whichever has more; 0 if one of them knows this Falco and received none. A receiver that
 * does not get messages of this priority proves nothing.
 */
function countInternalMessages(rule: string, priority: keyof typeof priorities): string {
  const bySidekick = `${countEventsOfFalco(`rule="Falco internal: ${rule}"`)} or ${countEventsOfFalco()} * 0`;
  const none = whereExpected(knownToReceiver, `Falco internal: ${rule}`, priority);
  const byReceiver = `sum by ($identity, $groupBy) (${countArrivals(`rule="Falco internal: ${rule}"`)}) or on ($identity) (${none}) * 0`;
  const either = `${withLabel(`(${byReceiver}) and on ($identity) ${hostnames}{$filter}`, 'counted_by', 'receiver')} or ${withLabel(bySidekick, 'counted_by', 'sidekick')}`;
  return sumByGroup(`max by ($identity, $groupBy) (${either})`);
}

const throughAlerts = [exportedAlways(hostnames)];
const needsAlerts =
  'Neither the alert receiver nor a Falcosidekick among the targets of the same cluster has received an alert from this Falco, and Falco does not export this value itself. An alert receiver that does not get messages of this priority (receiver.minimumPriority) does not count';

export const lifecycle: Signal[] = [
  {
    id: 'restarts',
    title: 'Restarts',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Falco process starts within the window',
    description:
      'How often the start time that Falco exports changed. A pod that moved to another address continues under the name of its node and counts as a restart. Processes that terminated before a scrape are not seen, so this is a lower bound. Groups show the sum: a rollout is one restart per node.',
    expr: sumByGroup(starts),
    groupBy: perInstance,
    needs: [exportedAlways(started)],
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
    summary: 'Falco instances that restart repeatedly',
    description:
      '1 if the start time changed at least three times within the last 30 minutes, whatever the window; otherwise 0. A Falco that terminates before it ever responds counts as down instead (nodes-without-falco). One or two consecutive rollouts stay below the threshold. There is no value while neither the history nor the age of the process covers 30 minutes. See recurring-restarts for slower loops. Groups show the number of crash loops.',
    expr: sumByGroup(judgeRestarts(`(${startsWithin('30m')} >= bool 3)`, '30m', 1800)),
    groupBy: perInstance,
    needs: [exportedAlways(started)],
    thresholds: {
      direction: 'above',
      critical: 1,
      because:
        'Kubernetes waits up to five minutes before each restart. Three restarts within half an hour detect a loop of any duration if each process lives for less than seven minutes. The threshold is ours.',
      source: links.performance,
    },
    advice: [whyItEnds],
    link: links.performance,
    noValueReason: 'Neither the history nor the age of the process covers 30 minutes',
    values: [
      { value: 0, text: 'none', level: 'ok' },
      { value: 1, text: 'crash loop', level: 'critical' },
    ],
  },
  {
    id: 'recurring-restarts',
    title: 'Recurring restarts',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Falco instances that restart repeatedly over hours',
    description:
      '1 if the start time changed at least five times within 6 hours, whatever the window; otherwise 0. It finds crash loops that are too slow for crash-loops, such as a process that terminates every 36 minutes. Restarts before the start of the history are unknown: there is no value while neither the history nor the age of the process covers 6 hours. See slow-crash-loops for even slower loops. Groups show the number of such instances.',
    expr: sumByGroup(judgeRestarts(`(${startsWithin('6h')} >= bool 5)`, '6h', 21_600)),
    groupBy: perInstance,
    needs: [exportedAlways(started)],
    thresholds: {
      direction: 'above',
      warning: 1,
      because:
        'Rollouts and changes of the configuration rarely restart a process five times within 6 hours. The threshold is ours.',
      source: links.performance,
    },
    advice: [whyItEnds],
    link: links.performance,
    noValueReason: 'Neither the history nor the age of the process covers 6 hours',
    values: [
      { value: 0, text: 'none', level: 'ok' },
      { value: 1, text: 'recurring', level: 'warning' },
    ],
  },
  {
    id: 'slow-crash-loops',
    title: 'Slow crash loops',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Falco instances that restart repeatedly over days',
    description:
      '1 if the start time changed in at least three hours of a day or five hours of seven days without a reboot or a change of the version, the configuration or the rules, or six times within a day or ten times within seven days for any reason; otherwise 0. It judges as far as the history reaches, whatever the window, and finds crash loops that are too slow for recurring-restarts. Restarts before the start of the history are unknown: there is no value while the history is shorter than 23 hours and the process is younger than a day. With the default retention.time of 24 hours, only the day is judged, which finds a start every 7 hours or more often; seven days find one every 33 hours. An instance that has not responded for an hour has no value. Groups show the number of such instances.',
    expr: sumByGroup(
      judgeRestarts(
        // Subqueries keep the number of samples small. The time between two starts is far above their step.
        `clamp_max(${[
          `(${startsWithin('1d')} >= bool 6)`,
          `(${startsWithin('7d:5m')} >= bool 10)`,
          `(${hoursWithUnexplainedStarts('1d')} >= bool 3)`,
          `(${hoursWithUnexplainedStarts('7d')} >= bool 5)`,
        ].join(' + ')}, 1)`,
        '23h',
        86_400
      )
    ),
    groupBy: perInstance,
    needs: [exportedAlways(started)],
    thresholds: {
      direction: 'above',
      warning: 1,
      because:
        'A process that nothing changed has no reason to start in three hours of a day, and few teams roll out Falco more often than daily. The thresholds are ours.',
      source: links.performance,
    },
    advice: [whyItEnds],
    link: links.performance,
    noValueReason: 'The history is shorter than 23 hours, and the process is younger than a day',
    values: [
      { value: 0, text: 'none', level: 'ok' },
      { value: 1, text: 'slow loop', level: 'warning' },
    ],
  },
  {
    id: 'connection-failures',
    title: 'Connection failures',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Connections to Falco within the window that were refused, reset or cut off',
    description:
      'Counts the scrapes that ended because nothing listened or because the connection was closed before the end of the response. A Falco that terminates before or during every scrape never exports a start time, so its crash loop shows only here. The count is extrapolated to the ends of the window. Only in scrape mode. Groups show the sum.',
    expr: `sum by ($groupBy) (increase(${scraping.targetCounters.connectionFailures}{kind="",$filter}[$window]))`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [],
    thresholds: {
      direction: 'above',
      warning: 20,
      because:
        'A rollout fails a few scrapes of a node. The threshold is ours: 5 minutes at an interval of 15 seconds.',
      source: links.performance,
    },
    advice: [whyItEnds],
    link: links.performance,
    noValueReason: 'It has not been scraped twice within the window, or Prometheus scrapes it',
  },
  {
    id: 'crashes-while-scraped',
    title: 'Crashes while scraped',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Times within the window that Falco may have crashed because it was being scraped',
    description:
      'Counts the responses that were cut off and followed by a new start time. Falco up to 0.45.0 can crash when two requests read its metrics at the same time. The data source never sends two at once, but another scraper does not know of it. Newer versions have no value. Only in scrape mode. Groups show the sum.',
    expr: sumByGroup(
      `changes(${scraping.targetCounters.crashesWhileScraped}{$filter}[$window]) and on ($identity) ${versionInfo}{version=~"${scraping.snapshot.olderVersions}",$filter}`
    ),
    groupBy: perInstance,
    needs: [],
    thresholds: {
      direction: 'above',
      warning: 1,
      because: 'Scraping must not end Falco. One crash shows that something else scrapes it at the same time.',
      source: links.metrics,
    },
    advice: [
      {
        when: 'Prometheus, the falco-operator or another data source scrapes this Falco too.',
        change: 'Upgrade to Falco 0.45.1 or later. Until then, let only one scraper read it.',
        cost: 'A rollout.',
      },
    ],
    link: links.metrics,
    noValueReason:
      'Its Falco is not affected (0.45.1 or later), it has not been scraped twice within the window, or Prometheus scrapes it',
  },
  {
    id: 'last-termination',
    title: 'Last termination',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Why Kubernetes last terminated the Falco container: OOMKilled, Error, Completed or another reason',
    description:
      "1 for the reason why the pod's container named falco last terminated, for the lifetime of the pod; no value if it never terminated. Requires prometheus mode with kube-state-metrics and Falco series with the labels namespace and pod.",
    expr: `max by ($groupBy) (${lastTerminations()})`,
    groupBy: { default: ['$identity', 'reason'], allowed: [] },
    needs: [externalMetric(terminated, 'kube-state-metrics')],
    advice: [whyItEnds],
    link: links.performance,
    noValueReason:
      "Its container has not terminated since the pod was created, or Falco's series lack the labels namespace and pod",
  },
  {
    id: 'reloads',
    title: 'Hot reloads',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Reloads of rules and configuration within the window, without a restart',
    description:
      "How often the load time changed, minus restarts, which change it too. A reload resets the counters of the kernel, of Falco's tables and of its rules to 0; rates account for this. Groups show the sum.",
    expr: sumByGroup(`clamp_min(changes(${reloaded}{$filter}[$window]) - ${starts}, 0)`),
    groupBy: perInstance,
    needs: [{ ...exportedAlways(reloaded), since: '0.41' }, exportedAlways(started)],
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
    summary: 'Reloads within the window that failed, so Falco still uses the previous rules',
    description:
      "Falco's message “Falco internal: hot restart failure” as counted by the alert receiver or by Falcosidekick, whichever counted more; Falco's own endpoint does not export it. Falcosidekick reports the host name, which is matched with the Falco of that host name in the same cluster. Falco continues with the previous rules and appears healthy. A value of 0 requires that one of them has received at least one alert from this Falco. Groups show the sum.",
    expr: countInternalMessages('hot restart failure', '2'),
    groupBy: perInstance,
    needs: throughAlerts,
    thresholds: {
      direction: 'above',
      critical: 1,
      because: 'Falco does not use the rules you gave it. It reports this with priority critical.',
      source: links.config,
    },
    advice: [
      {
        when: 'It happened after a change of rules or of falco.yaml.',
        change:
          "Read the message in Falco's log or in the destinations of its alerts, check the files with falco --validate, and load them again.",
        cost: 'None.',
      },
    ],
    link: links.config,
    noValueReason: needsAlerts,
  },
  {
    id: 'event-timeouts',
    title: 'Event timeouts',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Event timeout messages within the window, one per thousand consecutive timeouts',
    description:
      "Falco's message “Falco internal: timeouts notification” as counted by the alert receiver or by Falcosidekick, whichever counted more. Falcosidekick's count is matched with the Falco of that host name in the same cluster. If the host is not idle, the driver delivers no events. Falco sends the message with priority debug after syscall_event_timeouts.max_consecutives timeouts. A value of 0 requires that one of them has received at least one alert from this Falco. Groups show the sum.",
    expr: countInternalMessages('timeouts notification', '7'),
    groupBy: perInstance,
    needs: throughAlerts,
    thresholds: {
      direction: 'above',
      warning: 1,
      because: 'A host without any event for that long is idle, or Falco is blind on it. The threshold is ours.',
      source: links.config,
    },
    advice: [
      {
        when: 'The host is not idle.',
        change:
          'Restart Falco on the node and check that its driver loads. Raise syscall_event_timeouts.max_consecutives only for hosts that are really idle.',
        cost: 'During a restart, Falco does not monitor the node for some seconds.',
      },
    ],
    link: links.config,
    noValueReason: needsAlerts,
  },
];

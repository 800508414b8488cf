import { type Check, type CheckAdvice } from '../types';
import { wrongClock } from './advice';
import { killedForMemory } from './conditions';

const rollOut: CheckAdvice = {
  why: 'A rollout that is in progress or stuck has left nodes behind.',
  change:
    'Check the rollout of the DaemonSet (kubectl rollout status) and restart the outdated Falco pods. Pin the versions of Falco and of rules artifacts.',
  cost: 'During a restart, Falco does not monitor the node for some seconds.',
};

const notLoaded: CheckAdvice = {
  why: 'The files changed, and this Falco still uses the previous ones.',
  change:
    'Set watch_config_files: true or restart Falco. Check the files with falco --validate, because Falco keeps the previous files if the new ones do not load.',
  cost: 'A reload resets the counters, and Falco does not monitor the node for a moment.',
};

const outOfMemory: CheckAdvice = {
  when: killedForMemory,
  why: 'Kubernetes last terminated the container because of its memory (OOMKilled).',
  change:
    'Raise the memory limit of the Falco container, or lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) and set outputs_queue.capacity.',
  cost: 'Memory of the node. Smaller buffers drop more events in bursts, and a bounded queue drops alerts when it is full.',
};

const read: CheckAdvice = {
  why: 'The Falco process keeps terminating.',
  change:
    'Read the end of its log (kubectl logs --previous). Killed because of memory: raise the limit, or lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) and set outputs_queue.capacity. A rule or setting that does not load: falco --validate. A failing liveness probe: allow /healthz more time. “could not initialize inotify handler”: raise fs.inotify.max_user_instances and fs.inotify.max_user_watches on the host, or set watch_config_files: false.',
  cost: 'Smaller buffers drop more events in bursts, and a bounded queue drops alerts when it is full. Without watch_config_files, Falco loads changed files only when it restarts.',
};

/** A check against the pinned baseline. It has no row if nothing is pinned. */
function baselineCheck(of: 'version' | 'rules' | 'config', what: string, so: string, first: CheckAdvice): Check {
  return {
    id: `${of}-baseline`,
    signal: `${of}-baseline-drift`,
    ...(of === 'rules' && { extraDimensions: ['security' as const] }),
    worst: 'max',
    meaning: {
      ok: `This node matches the pinned ${what}.`,
      warning: `This node differs from the pinned ${what}. ${so}`,
    },
    advice: [
      first,
      {
        why: 'The change was intended, and the baseline is out of date.',
        change: `Set baseline.${of} to the new value in the settings of the data source.`,
        cost: 'None.',
      },
    ],
    optional: true,
  };
}

export const continuity: Check[] = [
  {
    id: 'up',
    signal: 'up',
    worst: 'min',
    meaning: {
      ok: 'The metrics endpoint of Falco responds.',
      critical: 'Falco does not respond on this node. The node may be unmonitored.',
    },
    advice: [
      {
        why: 'Falco is down, starting or unreachable. The notices of the data source say which.',
        change:
          'Check that the Falco pod runs on the node, that webserver.enabled and webserver.prometheus_metrics_enabled are true and webserver.listen_port matches, and that network policies allow traffic from the Grafana server.',
        cost: 'None.',
      },
    ],
  },
  {
    id: 'missing-instances',
    signal: 'missing-instances',
    extraDimensions: ['security'],
    worst: 'max',
    meaning: {
      ok: 'The cluster has at least as many Falco instances as the settings expect.',
      critical: 'The cluster has fewer Falco instances than the settings expect. Some nodes are unmonitored.',
    },
    advice: [
      {
        why: 'The DaemonSet does not cover all nodes.',
        change:
          'Add tolerations for the taints of those nodes (tolerations in the Helm chart), and check for Falco pods that are pending because of their resource requests.',
        cost: "Falco's resources on those nodes.",
      },
      {
        why: 'The cluster was scaled down.',
        change: 'Correct expectedInstances in the settings of the target.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
  {
    id: 'crash-loop',
    signal: 'crash-loops',
    worst: 'max',
    meaning: {
      ok: 'Falco did not start three times within half an hour.',
      critical: 'Falco is in a crash loop. Between the restarts nothing monitors the node.',
    },
    advice: [outOfMemory, read],
  },
  {
    id: 'recurring-restarts',
    signal: 'recurring-restarts',
    worst: 'max',
    meaning: {
      ok: 'Falco did not restart repeatedly within the last 6 hours.',
      warning:
        'Falco has restarted repeatedly within the last 6 hours. Between the restarts nothing monitors the node.',
    },
    advice: [outOfMemory, read],
    optional: true,
  },
  {
    id: 'slow-crash-loops',
    signal: 'slow-crash-loops',
    worst: 'max',
    meaning: {
      ok: 'Falco did not restart repeatedly within the last day.',
      warning: 'Falco has restarted repeatedly within the last days. Between the restarts nothing monitors the node.',
    },
    advice: [outOfMemory, read],
    optional: true,
  },
  {
    id: 'crashes-while-scraped',
    signal: 'crashes-while-scraped',
    worst: 'max',
    window: '1h',
    meaning: {
      ok: 'No scrape was cut off by a restart of Falco.',
      warning:
        'Falco may have crashed while being scraped: a response was cut off, and Falco has a new start time. Falco 0.45.1 fixes this.',
    },
    advice: [
      {
        why: 'Falco up to 0.45.0 can crash when two requests read its metrics at the same time.',
        change:
          'Upgrade to Falco 0.45.1 or later. Until then, let only one scraper read it: this data source, a Prometheus, or the falco-operator.',
        cost: 'A rollout.',
      },
      read,
    ],
    optional: true,
  },
  {
    id: 'connection-failures',
    signal: 'connection-failures',
    worst: 'max',
    window: '30m',
    meaning: {
      ok: 'Connections to Falco succeed.',
      warning:
        'Connections to Falco were repeatedly refused or cut off: it is down, or it terminates before or during a scrape.',
    },
    advice: [outOfMemory, read],
    optional: true,
  },
  {
    id: 'hot-reload-failures',
    signal: 'hot-reload-failures',
    extraDimensions: ['security'],
    worst: 'max',
    window: '1h',
    meaning: {
      ok: 'Every reload that was reported to Falcosidekick succeeded.',
      critical: 'A reload failed within the last hour: Falco still uses the previous rules and configuration.',
    },
    advice: [notLoaded],
    optional: true,
  },
  {
    id: 'event-timeouts',
    signal: 'event-timeouts',
    worst: 'max',
    window: '15m',
    meaning: {
      ok: 'Falco reported no event timeouts.',
      warning:
        'Falco reported a thousand consecutive timeouts without an event: the host is idle, or Falco receives no events.',
    },
    advice: [
      {
        why: 'The driver delivers no events.',
        change: 'If the host is not idle, restart Falco and check in its log that the driver was loaded.',
        cost: 'Falco does not monitor the node for some seconds.',
      },
    ],
    optional: true,
  },
  {
    id: 'instances-per-kernel',
    signal: 'instances-per-kernel',
    worst: 'max',
    meaning: {
      ok: 'One Falco monitors this kernel.',
      warning: 'Several Falco instances monitor this kernel: each event counts several times in totals over nodes.',
    },
    advice: [
      {
        why: 'Several instances report the same boot time, kernel and load of the host.',
        change:
          'Run a single Falco on the host. If the nodes are containers of one host (kind), keep one of them as a target, or use the signals fleet-event-rate and fleet-syscall-rate, which count each kernel once, instead of other totals.',
        cost: 'None.',
      },
    ],
    optional: true,
  },
  {
    id: 'clock',
    signal: 'clock-difference',
    worst: 'max',
    meaning: {
      ok: 'The clock of the node agrees with that of Grafana or Prometheus.',
      warning:
        'The clock of the node differs from that of Grafana or Prometheus. The times in its alerts and its delivery times are wrong by the difference.',
    },
    advice: [wrongClock],
    optional: true,
  },
  {
    id: 'version-drift',
    signal: 'version-drift',
    worst: 'max',
    meaning: {
      ok: 'The node runs the same Falco version as the majority.',
      warning: 'The node runs a different Falco version than the majority.',
    },
    advice: [rollOut],
  },
  {
    id: 'rules-drift',
    signal: 'rules-drift',
    column: 'rules',
    extraDimensions: ['security'],
    worst: 'max',
    meaning: {
      ok: 'The node has the same rules files as the majority.',
      warning: 'The node has different rules files than the majority, so it detects different threats.',
    },
    advice: [notLoaded, rollOut],
  },
  {
    id: 'config-drift',
    signal: 'config-drift',
    column: 'config',
    worst: 'max',
    meaning: {
      ok: 'The node has the same configuration files as the majority.',
      warning:
        'The node has different configuration files than the majority. This is expected if node pools are configured differently.',
    },
    advice: [notLoaded, rollOut],
  },
  baselineCheck('version', 'Falco version', 'Detection, cost and losses may differ.', rollOut),
  baselineCheck('rules', 'rules files', 'It detects different threats than intended.', notLoaded),
  baselineCheck('config', 'configuration files', 'They were changed after the baseline was set.', notLoaded),
];

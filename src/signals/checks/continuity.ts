import { type Check, type CheckAdvice } from '../types';
import { killedForMemory } from './conditions';

const rollOut: CheckAdvice = {
  why: 'A roll-out that is still going on, or that stands still, leaves nodes behind.',
  change:
    'Look at the roll-out of the DaemonSet (kubectl rollout status), and restart the Falcos that lag behind; pin versions of Falco and of rules artifacts.',
  cost: 'A restart leaves each node unwatched for some seconds.',
};

const notLoaded: CheckAdvice = {
  why: 'The files changed, and this Falco runs on with older ones.',
  change:
    'Set watch_config_files: true or restart Falco; check the files with falco --validate, since files that do not load leave the old ones in place.',
  cost: 'A reload starts the counters again and leaves the node unwatched for a moment.',
};

const outOfMemory: CheckAdvice = {
  when: killedForMemory,
  why: 'Kubernetes tells that the container was last killed for its memory (OOMKilled).',
  change:
    'Raise the memory limit of Falco’s container, or lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) and bound outputs_queue.capacity.',
  cost: 'Memory of the node; smaller buffers lose more in bursts, a bounded queue drops alerts when it is full.',
};

const read: CheckAdvice = {
  why: 'The process ends again and again.',
  change:
    'Read the end of its log (kubectl logs --previous). Killed for memory: raise the limit, or lower engine.modern_ebpf.buf_size_preset (engine.kmod.buf_size_preset with the kernel module) and bound outputs_queue.capacity. A rule or setting that does not load: falco --validate. A probe that fails: allow /healthz more time.',
  cost: 'Smaller buffers lose more in bursts; a bounded queue drops alerts when it is full.',
};

/** What is held against the pinned baseline; no row where nothing is pinned. */
function pinned(of: 'version' | 'rules' | 'config', what: string, so: string, first: CheckAdvice): Check {
  return {
    id: `${of}-baseline`,
    signal: `${of}-baseline-drift`,
    ...(of === 'rules' && { extraDimensions: ['security' as const] }),
    worst: 'max',
    meaning: {
      ok: `The ${what} of this node: what the settings of the data source pin.`,
      warning: `The ${what} of this node: not what the settings of the data source pin. ${so}`,
    },
    advice: [
      first,
      {
        why: 'The change was meant, and the pin is old.',
        change: `Pin the new value: baseline.${of} in the settings of the data source.`,
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
      ok: 'Falco’s metrics endpoint answers.',
      critical: 'Nobody answers for this node: it is not known to be watched.',
    },
    advice: [
      {
        why: 'Falco is down, starting, or out of reach; the data source’s notices tell which.',
        change:
          'See whether Falco’s pod runs on the node; then whether webserver.enabled, webserver.listen_port and webserver.prometheus_metrics_enabled are set, and whether a network policy lets Grafana’s server in.',
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
      ok: 'As many Falcos are known in this cluster as the settings expect.',
      critical: 'Fewer Falcos are known in this cluster than the settings expect: nodes that are watched by nobody.',
    },
    advice: [
      {
        why: 'The DaemonSet leaves nodes out.',
        change:
          'Let it tolerate the taints of those nodes (tolerations in the Helm chart), and see whether pods of Falco wait for resources.',
        cost: 'Falco’s resources on those nodes.',
      },
      {
        why: 'The cluster has shrunk.',
        change: 'Correct expected in the settings of the target.',
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
      critical: 'Falco starts again and again: between the starts nobody watches the node.',
    },
    advice: [outOfMemory, read],
  },
  {
    id: 'hot-reload-failures',
    signal: 'hot-reload-failures',
    extraDimensions: ['security'],
    worst: 'max',
    window: '1h',
    meaning: {
      ok: 'Every reload that Falcosidekick heard of succeeded.',
      critical: 'A reload failed within the last hour: Falco runs on with the rules and settings of before.',
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
      ok: 'Falco did not wait in vain for events.',
      warning: 'Falco waited a thousand times in a row without an event: the host is idle, or Falco is blind.',
    },
    advice: [
      {
        why: 'The driver delivers nothing.',
        change: 'On a host that is not idle restart Falco and read in its log whether the driver was loaded.',
        cost: 'The node is unwatched for some seconds.',
      },
    ],
    optional: true,
  },
  {
    id: 'version-drift',
    signal: 'version-drift',
    worst: 'max',
    meaning: {
      ok: 'The node runs the version of most others.',
      warning: 'The node runs another version of Falco than most.',
    },
    advice: [rollOut],
  },
  {
    id: 'rules-drift',
    signal: 'rules-drift',
    extraDimensions: ['security'],
    worst: 'max',
    meaning: {
      ok: 'The node has the rules files of most others.',
      warning: 'The node has other rules files than most: it detects other things.',
    },
    advice: [notLoaded, rollOut],
  },
  {
    id: 'config-drift',
    signal: 'config-drift',
    worst: 'max',
    meaning: {
      ok: 'The node has the settings files of most others.',
      warning: 'The node has other settings files than most; rightly so where node pools differ.',
    },
    advice: [notLoaded, rollOut],
  },
  pinned('version', 'version of Falco', 'It may detect other things, and cost and lose otherwise.', rollOut),
  pinned('rules', 'rules files', 'It detects other things than you decided on.', notLoaded),
  pinned('config', 'settings files', 'Somebody or something changed them.', notLoaded),
];

import { links } from '../links';
import { anyGrouping, withLabel, rate, sumByGroup } from '../templates';
import { type Need, type Signal } from '../types';

const files = [
  'pipe',
  'memfd',
  'regular',
  'directory',
  'socket_inet',
  'socket_inet6',
  'socket_unix',
  'socket_netlink',
  'anon_inode',
];
const items = ['task', ...files.map((kind) => `task_file_${kind}`)];

const by = { default: ['$identity', 'item'], allowed: anyGrouping };

function sumItems(kind: 'evts' | 'drops', names: string[]): string {
  return sumByGroup(
    names.map((name) => withLabel(rate(`falcosecurity_scap_n_${kind}_${name}_total`), 'item', name)).join(' or ')
  );
}

function iteratorCounter(metric: string): Need {
  return {
    metric,
    config: 'metrics.kernel_iter_event_counters_enabled',
    host: 'run Falco in the root PID namespace, with engine.modern_ebpf.disable_iterators off and a kernel that supports BPF iterators',
    engines: ['modern_bpf'],
    since: '0.44',
  };
}

export const iterators: Signal[] = [
  {
    id: 'iterator-event-rate',
    title: 'Iterator events',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Kernel tasks and files per second that Falco read through BPF iterators',
    description:
      'Since 0.44, Falco fills its tables through BPF iterators instead of /proc: task counts tasks, task_file_… counts files by type. Most of this happens at the start. Iterator events are not kernel events and are not part of any other signal.',
    expr: sumItems('evts', items),
    groupBy: by,
    needs: [iteratorCounter('falcosecurity_scap_n_evts_task_total')],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'iterator-drop-rate',
    title: 'Iterator drops',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Kernel tasks and files per second that Falco failed to read through BPF iterators',
    description:
      "Tasks and files that a BPF iterator could not deliver, by item. max_event_size counts entries that exceed the buffer. The entries are missing in Falco's tables, see thread-lookup-failure-ratio. Iterator drops are not kernel drops.",
    expr: sumItems('drops', ['max_event_size', ...items]),
    groupBy: by,
    needs: [iteratorCounter('falcosecurity_scap_n_drops_task_total')],
    advice: [],
    link: links.metrics,
  },
];

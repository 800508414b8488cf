import { links } from '../links';
import { anyGrouping, named, rate, total } from '../templates';
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

function counters(kind: 'evts' | 'drops', names: string[]): string {
  return total(
    names.map((name) => named(rate(`falcosecurity_scap_n_${kind}_${name}_total`), 'item', name)).join(' or ')
  );
}

function need(metric: string): Need {
  return {
    metric,
    config: 'metrics.kernel_iter_event_counters_enabled',
    host: 'let Falco run in the root PID namespace, with engine.modern_ebpf.disable_iterators off and a kernel that has BPF iterators',
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
    summary: 'Entries per second that Falco read from the kernel’s tables of tasks and files',
    description:
      'Since 0.44 Falco fills its tables through BPF iterators instead of /proc: task, and task_file_… by what kind of file it is. Much of it happens at the start. These are no kernel events, and stand in none of the other figures.',
    expr: counters('evts', items),
    groupBy: by,
    needs: [need('falcosecurity_scap_n_evts_task_total')],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'iterator-drop-rate',
    title: 'Iterator drops',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Entries per second of the kernel’s tables that Falco could not read',
    description:
      'Tasks and files that a BPF iterator could not hand over, by item; max_event_size are entries too large for the buffer. What is missing is missing in Falco’s tables: see the failed look-ups. They are no kernel drops.',
    expr: counters('drops', ['max_event_size', ...items]),
    groupBy: by,
    needs: [need('falcosecurity_scap_n_drops_task_total')],
    advice: [],
    link: links.metrics,
  },
];

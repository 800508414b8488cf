/** Falco's messages about itself, with the fields that Falco's source writes into them. */
import { type Alert, alertOf } from './alerts';
import { cpuLifetime, dropsByCause, kernelTotals, memory } from './libs-counters';
import { type Node, type NodeState } from './node';
import { DROP_MESSAGE, RELOAD_MESSAGE, type Rule, SNAPSHOT_MESSAGE, TIMEOUT_MESSAGE } from './rules';

type Fields = Alert['output_fields'];

/** Interval of the metrics snapshots in milliseconds: metrics.interval. */
export const SNAPSHOT_INTERVAL = 15_000;

/** A message of a node. `at` is the true time; `ahead` is added to get the node's clock. */
export function messageOf(node: Node, rule: Rule, at: number, number: number, ahead: number): Alert {
  const { tags: _none, ...alert } = alertOf(node.spec.name, rule, at + ahead, number);
  const [output, fields] = contentOf(node, rule, at);
  return { ...alert, output, output_fields: fields };
}

function contentOf(node: Node, rule: Rule, at: number): [output: string, fields: Fields] {
  switch (rule) {
    case SNAPSHOT_MESSAGE:
      return ['Falco metrics snapshot', snapshotFields(node.at(at), node.at(at - SNAPSHOT_INTERVAL))];
    case DROP_MESSAGE: {
      const fields = dropFields(node.at(at), node.at(at - 1000));
      return [`${rule.name}. ${fields['n_drops']} system calls dropped in last second.`, fields];
    }
    case TIMEOUT_MESSAGE:
      return [`${rule.name}. 1000 consecutive timeouts without event.`, { last_event_time: 'none' }];
    case RELOAD_MESSAGE:
      return [`${rule.name}: rules cannot be loaded`, {}];
    default:
      throw new Error(`Falco writes no message "${rule.name}"`);
  }
}

/** Source: Falco's userspace/falco/stats_writer.cpp. Counts are those since the capture opened. */
function snapshotFields(state: NodeState, before: NodeState): Fields {
  const { spec, at, startedAt, loadedAt, hostBootAt, delivered, queueDrops } = state;
  const now = kernelTotals(state);
  const earlier = before.openedAt === state.openedAt && before.at >= before.openedAt ? before : undefined;
  const last = earlier && kernelTotals(earlier);
  const seconds = SNAPSHOT_INTERVAL / 1000;
  const tenths = (value: number) => Math.round(10 * value) / 10;
  return {
    'evt.hostname': spec.name,
    'evt.source': 'syscall',
    'evt.time': at * 1e6,
    'falco.cpu_usage_perc': tenths(100 * cpuLifetime(state)),
    'falco.duration_sec': Math.floor((at - startedAt) / 1000),
    ...(earlier && { 'falco.evts_rate_sec': tenths((delivered - earlier.delivered) / seconds) }),
    'falco.host_boot_ts': hostBootAt * 1e6,
    'falco.host_num_cpus': spec.cpus,
    'falco.kernel_release': spec.kernel,
    'falco.memory_rss_kb': memory(state).rss,
    'falco.num_evts': delivered,
    'falco.num_evts_prev': earlier?.delivered ?? 0,
    'falco.outputs_queue_num_drops': queueDrops,
    'falco.reload_ts': loadedAt * 1e6,
    'falco.rules.matches_total': state.matches.reduce((sum, { count }) => sum + count, 0),
    'falco.start_ts': startedAt * 1e6,
    'falco.version': spec.version,
    'scap.engine_name': spec.engine,
    ...(last && {
      'scap.evts_drop_rate_sec': tenths((now.drops - last.drops) / seconds),
      'scap.evts_rate_sec': tenths((now.events - last.events) / seconds),
    }),
    'scap.n_drops': now.drops,
    'scap.n_drops_buffer_total': now.bufferDrops,
    'scap.n_drops_perc': percent(now.drops - (last?.drops ?? 0), now.events - (last?.events ?? 0)),
    'scap.n_drops_prev': last?.drops ?? 0,
    'scap.n_evts': now.events,
    'scap.n_evts_prev': last?.events ?? 0,
  };
}

function percent(part: number, whole: number): number {
  return whole > 0 ? (100 * part) / whole : 0;
}

/** Counts of the last second, as text. Source: Falco's userspace/falco/event_drops.cpp. */
function dropFields(state: NodeState, before: NodeState): Fields {
  const [now, last] = [kernelTotals(state), kernelTotals(before)];
  const fields: Fields = {
    ebpf_enabled: state.spec.engine === 'modern_bpf' ? '1' : '0',
    n_drops: String(now.drops - last.drops),
    n_drops_bug: '0',
    n_drops_buffer_total: String(now.bufferDrops - last.bufferDrops),
    n_drops_page_faults: state.spec.engine === 'kmod' ? String(now.otherDrops - last.otherDrops) : '0',
    n_drops_scratch_map: state.spec.engine === 'kmod' ? '0' : String(now.otherDrops - last.otherDrops),
    n_evts: String(now.events - last.events),
  };
  const earlier = dropsByCause(before);
  dropsByCause(state).forEach(({ drop, dir, count }, i) => {
    fields[`n_drops_buffer_${drop}_${dir}`] = String(count - earlier[i]!.count);
  });
  return fields;
}

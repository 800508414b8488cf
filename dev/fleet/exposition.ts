import { ENTER_CAUSES, FILE_KINDS, hasEnterEvents, hasIterators, minor } from './engines';
import { cpuLifetime, dropsByCause, kernelTotals, memory, stateCounters } from './libs-counters';
import { type NodeState } from './node';
import { hex } from './random';
import { type Rule } from './rules';

type Type = 'counter' | 'gauge';

const HELP = 'https://falco.org/docs/metrics/';
const DEPRECATED = ' (DEPRECATED: enter events are no longer tracked in falcosecurity/libs)';

function sample(name: string, type: Type, value: number | bigint | string, labels = '', remark = ''): string {
  const full = `falcosecurity_${name}`;
  return `# HELP ${full} ${HELP}${remark}\n# TYPE ${full} ${type}\n${full}${labels} ${value}\n`;
}

function info(name: string, labels: Record<string, string>): string {
  return sample(`${name}_info`, 'gauge', 1, labelText(labels));
}

/**
 * Labels sorted by the bytes of their raw names, which are cleaned afterwards; values are written
 * unescaped.
 */
export function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, value]) => `${key.replace(/[^a-zA-Z0-9_]/g, '_').replace(/_+/g, '_')}="${value}"`);
  return `{${pairs.join(',')}}`;
}

/** Doubles always have six decimals. */
function double(value: number): string {
  return value.toFixed(6);
}

function kibibytes(value: number): string {
  return double(Math.round(value) * 1024);
}

/**
 * Exact nanoseconds: a number would round them beyond 2^53. `seed` determines the digits below the
 * millisecond.
 */
function nanoseconds(ms: number, seed: string): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n + BigInt(parseInt(hex(seed, 5), 16) % 1_000_000);
}

function fileHashes({ spec }: NodeState): string {
  const file = (kind: string, file_name: string, content: string) =>
    info(`falco_sha256_${kind}_files`, {
      file_name,
      sha256: hex(`${file_name}/${content}/${minor(spec.version)}`, 64),
    });
  return file('rules', 'falco_rules.yaml', spec.rulesFile) + file('config', 'falco.yaml', spec.configFile);
}

function rules({ spec, matches }: NodeState): string {
  if (!spec.switches.rules) {
    return '';
  }
  return matches
    .map(({ rule, count }) => sample('falco_rules_matches_total', 'counter', count, ruleLabels(rule)))
    .join('');
}

const ruleLabelCache = new WeakMap<Rule, string>();

function ruleLabels(rule: Rule): string {
  let text = ruleLabelCache.get(rule);
  if (text === undefined) {
    const tags = Object.fromEntries(rule.tags.map((tag) => [`tag_${tag}`, 'true']));
    text = labelText({ rule_name: rule.name, priority: String(rule.priority), source: rule.source, ...tags });
    ruleLabelCache.set(rule, text);
  }
  return text;
}

/** jemalloc's own statistics; Falco declares all of them as counters in bytes. */
function jemalloc(state: NodeState): string {
  if (!state.spec.switches.jemalloc || minor(state.spec.version) < 40) {
    return '';
  }
  const bytes = state.rssKiB * 1024;
  const stats: Array<[string, number]> = [
    ['active', bytes * 0.55],
    ['allocated', bytes * 0.5],
    ['mapped', bytes * 0.7],
    ['metadata', 9_437_184],
    ['metadata_thp', 0],
    ['resident', bytes * 0.62],
    ['retained', 50_331_648],
    ['zero_reallocs', 0],
  ];
  return stats
    .map(([key, value]) => sample(`falco_jemalloc_${key}_bytes`, 'counter', double(Math.round(value / 8) * 8)))
    .join('');
}

function count(name: string, value: number, labels = '', remark = ''): string {
  return sample(`scap_${name}_total`, 'counter', value, labels, remark);
}

function kernel(state: NodeState): string {
  const { spec } = state;
  const kmod = spec.engine === 'kmod';
  const { events, drops, otherDrops } = kernelTotals(state);
  let text = count('n_evts', events);
  for (const { drop, dir, count: value } of dropsByCause(state)) {
    text += count('n_drops_buffer', value, `{dir="${dir}",drop="${drop}"}`);
  }
  text += kmod
    ? count('n_drops_page_faults', otherDrops) + count('n_drops_bug', 0)
    : count('n_drops_scratch_map', otherDrops);
  text += count('n_drops', drops);
  if (kmod) {
    text += count('n_preemptions', Math.floor(events * 4e-8));
  }
  if (spec.switches.perCpu) {
    for (let cpu = 0; cpu < (kmod ? spec.cpus : spec.possibleCpus); cpu++) {
      const { events, bufferDrops, otherDrops } = state.cpus[cpu] ?? { events: 0, bufferDrops: 0, otherDrops: 0 };
      // kmod writes the number of its device into the name.
      const [infix, labels] = kmod ? [`dev_${cpu}`, ''] : ['cpu', `{cpu="${cpu}"}`];
      text += count(`n_evts_${infix}`, events, labels) + count(`n_drops_${infix}`, bufferDrops + otherDrops, labels);
    }
  }
  return text;
}

function libbpf({ programs }: NodeState): string {
  let text = '';
  for (const { name, runs, nanoseconds } of programs) {
    text += count(`${name}_run_cnt`, runs);
    text += sample(`scap_${name}_run_time_nanoseconds_total`, 'counter', nanoseconds);
    const average = runs > 0 ? Math.floor(nanoseconds / runs) : 0;
    text += sample(`scap_${name}_avg_time_nanoseconds`, 'gauge', average);
  }
  return text;
}

function iterators({ threads, fds }: NodeState): string {
  const files = FILE_KINDS.map(({ kind, share }) => count(`n_evts_task_file_${kind}`, Math.floor(fds.initial * share)));
  const lost = FILE_KINDS.map(({ kind }) => count(`n_drops_task_file_${kind}`, 0));
  return [
    count('n_evts_task', threads.initial),
    ...files,
    count('n_drops_max_event_size', 0),
    count('n_drops_task', 0),
    ...lost,
  ].join('');
}

function resources(state: NodeState): string {
  const { rss, vsz, pss } = memory(state);
  const { spec, fds, hostLoad } = state;
  const container = spec.containerMemory ? Math.round(rss * 1.07) : 0;
  const gauge = (name: string, value: number | string) => sample(`falco_${name}`, 'gauge', value);
  return [
    gauge('cpu_usage_ratio', double(cpuLifetime(state))),
    gauge('memory_rss_bytes', kibibytes(rss)),
    gauge('memory_vsz_bytes', kibibytes(vsz)),
    gauge('memory_pss_bytes', kibibytes(pss)),
    gauge('container_memory_used_bytes', kibibytes(container)),
    gauge('host_cpu_usage_ratio', double(Math.round(state.hostCpuRatio * 1000) / 1000)),
    gauge('host_memory_used_bytes', kibibytes(spec.cpus * 2_400_000 * (0.7 + 0.3 * hostLoad))),
    gauge('host_procs_running_total', 1 + Math.round(spec.cpus * hostLoad)),
    gauge('host_open_fds_total', 32 * Math.floor(fds.open / 64)),
  ].join('');
}

function stateText(state: NodeState): string {
  return stateCounters(state)
    .map(([name, type, value]) => sample(`scap_${name}_total`, type, value))
    .join('');
}

const MISSING_IMAGES = 3;

function containers({ spec, ...state }: NodeState): string {
  const containers = spec.containersUnseen ? 0 : state.containers;
  if (minor(spec.version) >= 41) {
    return spec.switches.plugins
      ? sample('plugins_container_n_containers_total', 'counter', containers) +
          sample('plugins_container_n_missing_container_images_total', 'counter', MISSING_IMAGES)
      : '';
  }
  return spec.switches.state
    ? sample('scap_n_missing_container_images_total', 'gauge', MISSING_IMAGES) +
        sample('scap_n_containers_total', 'gauge', containers)
    : '';
}

/** The metrics of libs' collector for the syscall source. */
function libs(state: NodeState): string {
  const { switches, engine } = state.spec;
  return [
    switches.kernel || switches.perCpu ? kernel(state) : '',
    switches.libbpf && engine === 'modern_bpf' ? libbpf(state) : '',
    switches.iterators && hasIterators(state.spec) ? iterators(state) : '',
    switches.resources ? resources(state) : '',
    switches.state ? stateText(state) : '',
    containers(state),
  ].join('');
}

function machine({ spec }: NodeState): string {
  return info('falco_kernel_release', { kernel_release: spec.kernel }) + info('evt_hostname', { hostname: spec.name });
}

/** Metrics of Falco itself; their order changed in 0.41. */
function wrapper(state: NodeState): Record<'start' | 'reload' | 'duration' | 'boot' | 'cpus' | 'queue', string> {
  const { spec, at, startedAt, loadedAt, generation } = state;
  const gauge = (name: string, value: number | bigint) => sample(`falco_${name}`, 'gauge', value);
  const counter = (name: string, value: number) => sample(`falco_${name}`, 'counter', value);
  const process = `${spec.name}/${spec.interruption?.kind === 'reload' ? 0 : generation}/start`;
  const start = nanoseconds(startedAt, process);
  const reload = loadedAt === startedAt ? start + 1_214_377n : nanoseconds(loadedAt, `${process}/${generation}`);
  return {
    start: gauge('start_timestamp_nanoseconds', start),
    reload: gauge('reload_timestamp_nanoseconds', reload),
    duration: counter('duration_seconds_total', Math.max(0, Math.floor((at - startedAt) / 1000))),
    boot: gauge('host_boot_timestamp_nanoseconds', BigInt(state.hostBootAt) * 1_000_000n),
    cpus: gauge('host_num_cpus_total', spec.cpus),
    queue: counter('outputs_queue_num_drops_total', state.queueDrops),
  };
}

function before41(state: NodeState): string {
  const { start, boot, cpus, queue, duration } = wrapper(state);
  return [
    info('scap_engine_name', { engine_name: state.spec.engine }),
    info('falco_version', { version: state.spec.version }),
    machine(state),
    fileHashes(state),
    info('falco_evt_source', { evt_source: 'syscall' }),
    start + boot + cpus + queue + duration,
    rules(state),
    jemalloc(state),
    libs(state),
  ].join('');
}

function since41(state: NodeState): string {
  const { start, reload, boot, cpus, queue, duration } = wrapper(state);
  const constantZero = hasEnterEvents(state.spec)
    ? ''
    : ENTER_CAUSES.map((drop) => count('n_drops_buffer', 0, `{dir="enter",drop="${drop}"}`, DEPRECATED)).join('');
  return [
    info('falco_version', { version: state.spec.version }),
    fileHashes(state),
    rules(state),
    jemalloc(state),
    info('scap_engine_name', { engine_name: state.spec.engine, evt_source: 'syscall' }),
    libs(state),
    constantZero,
    machine(state),
    queue + reload + start + duration + boot + cpus,
  ].join('');
}

/**
 * The exact text of Falco's /metrics, by version and engine (falco_metrics.cpp and libs'
 * metrics_collector.cpp).
 */
export function exposition(state: NodeState): string {
  return minor(state.spec.version) < 41 ? before41(state) : since41(state);
}

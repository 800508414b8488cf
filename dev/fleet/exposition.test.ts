/** @jest-environment node */
import { exposition, labelText } from './exposition';
import { Node } from './node';
import { RULES } from './rules';
import { nodeSpec } from './spec';
import { answerOf, read, START } from './testing';

const HELP = 'https://falco.org/docs/metrics/';

/** Metric names in the order of their first samples. */
function names(text: string): string[] {
  return [...new Set([...read(text).keys()].map((series) => series.replace(/\{.*/, '')))];
}

function strip(list: string[], prefix: string): string[] {
  return list.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

describe.each([
  ['modern_bpf 0.44', 'worker-1'],
  ['kmod 0.44', 'worker-3'],
  ['modern_bpf 0.41', 'worker-4'],
  ['modern_bpf 0.39', 'worker-5'],
  ['modern_bpf 0.44 on arm64', 'worker-6'],
])('%s', (_, worker) => {
  const text = answerOf('mixed', worker);

  test('every sample has its own HELP and TYPE, no timestamp, and a whole number or six decimals', () => {
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.length % 3).toBe(0);
    for (let i = 0; i < lines.length; i += 3) {
      const [help, type, sample] = lines.slice(i, i + 3) as [string, string, string];
      const name = /^[a-z0-9_]+/.exec(sample)![0];
      expect(help.replace(/ \(DEPRECATED.*/, '')).toBe(`# HELP ${name} ${HELP}`);
      expect(type).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge)$`));
      expect(sample).toMatch(/^falcosecurity_(falco|scap|evt|plugins)_[a-z0-9_]+(\{.+\})? \d+(\.\d{6})?$/);
    }
  });

  test('only memory, CPU ratios and jemalloc have doubles', () => {
    const doubles = text.split('\n').filter((line) => /\.\d{6}$/.test(line));
    for (const line of doubles) {
      expect(line).toMatch(
        /^falcosecurity_falco_(host_)?(cpu_usage_ratio|(container_)?memory_\w+_bytes|jemalloc_\w+_bytes) /
      );
    }
    expect(doubles.filter((line) => !line.includes('jemalloc'))).toHaveLength(7);
  });
});

test('0.44: the order of blocks', () => {
  expect(
    names(answerOf('mixed', 'worker-1')).filter((name) => !/^falcosecurity_scap_(?!engine|n_evts_total)/.test(name))
  ).toEqual([
    'falcosecurity_falco_version_info',
    'falcosecurity_falco_sha256_rules_files_info',
    'falcosecurity_falco_sha256_config_files_info',
    'falcosecurity_falco_rules_matches_total',
    'falcosecurity_scap_engine_name_info',
    'falcosecurity_scap_n_evts_total',
    'falcosecurity_falco_cpu_usage_ratio',
    'falcosecurity_falco_memory_rss_bytes',
    'falcosecurity_falco_memory_vsz_bytes',
    'falcosecurity_falco_memory_pss_bytes',
    'falcosecurity_falco_container_memory_used_bytes',
    'falcosecurity_falco_host_cpu_usage_ratio',
    'falcosecurity_falco_host_memory_used_bytes',
    'falcosecurity_falco_host_procs_running_total',
    'falcosecurity_falco_host_open_fds_total',
    'falcosecurity_plugins_container_n_containers_total',
    'falcosecurity_plugins_container_n_missing_container_images_total',
    'falcosecurity_falco_kernel_release_info',
    'falcosecurity_evt_hostname_info',
    'falcosecurity_falco_outputs_queue_num_drops_total',
    'falcosecurity_falco_reload_timestamp_nanoseconds',
    'falcosecurity_falco_start_timestamp_nanoseconds',
    'falcosecurity_falco_duration_seconds_total',
    'falcosecurity_falco_host_boot_timestamp_nanoseconds',
    'falcosecurity_falco_host_num_cpus_total',
  ]);
});

test('0.39: the wrapper comes first, has a series for the event source and no reload time', () => {
  expect(names(answerOf('mixed', 'worker-5')).slice(0, 14)).toEqual([
    'falcosecurity_scap_engine_name_info',
    'falcosecurity_falco_version_info',
    'falcosecurity_falco_kernel_release_info',
    'falcosecurity_evt_hostname_info',
    'falcosecurity_falco_sha256_rules_files_info',
    'falcosecurity_falco_sha256_config_files_info',
    'falcosecurity_falco_evt_source_info',
    'falcosecurity_falco_start_timestamp_nanoseconds',
    'falcosecurity_falco_host_boot_timestamp_nanoseconds',
    'falcosecurity_falco_host_num_cpus_total',
    'falcosecurity_falco_outputs_queue_num_drops_total',
    'falcosecurity_falco_duration_seconds_total',
    'falcosecurity_falco_rules_matches_total',
    'falcosecurity_scap_n_evts_total',
  ]);
});

test.each([
  ['worker-5', 'falcosecurity_scap_engine_name_info{engine_name="modern_bpf"} 1'],
  ['worker-5', 'falcosecurity_falco_evt_source_info{evt_source="syscall"} 1'],
  ['worker-5', '# TYPE falcosecurity_scap_n_containers_total gauge'],
  ['worker-4', 'falcosecurity_scap_engine_name_info{engine_name="modern_bpf",evt_source="syscall"} 1'],
  ['worker-4', '# TYPE falcosecurity_plugins_container_n_containers_total counter'],
  ['worker-4', '# TYPE falcosecurity_falco_jemalloc_zero_reallocs_bytes counter'],
  ['worker-4', 'falcosecurity_scap_n_evts_cpu_total{cpu="23"} 0'],
  ['worker-3', 'falcosecurity_scap_engine_name_info{engine_name="kmod",evt_source="syscall"} 1'],
  ['worker-3', 'falcosecurity_scap_n_drops_bug_total 0'],
  ['worker-1', 'falcosecurity_evt_hostname_info{hostname="worker-1"} 1'],
  ['worker-1', '# TYPE falcosecurity_falco_host_num_cpus_total gauge'],
  ['worker-1', '# TYPE falcosecurity_scap_sys_exit_avg_time_nanoseconds gauge'],
  ['worker-1', '# TYPE falcosecurity_scap_sys_exit_run_time_nanoseconds_total counter'],
  ['worker-1', 'falcosecurity_scap_pf_user_run_cnt_total 0'],
  ['worker-6', 'falcosecurity_scap_creat_e_run_cnt_total 0'],
])('%s has the line %s', (worker, line) => {
  expect(answerOf('mixed', worker).split('\n')).toContain(line);
});

test('kmod has the device in the name, counts page faults and preemptions, and has no BPF programs', () => {
  expect(strip(names(answerOf('mixed', 'worker-3')), 'falcosecurity_scap_').slice(0, 15)).toEqual([
    'engine_name_info',
    'n_evts_total',
    'n_drops_buffer_total',
    'n_drops_page_faults_total',
    'n_drops_bug_total',
    'n_drops_total',
    'n_preemptions_total',
    'n_evts_dev_0_total',
    'n_drops_dev_0_total',
    'n_evts_dev_1_total',
    'n_drops_dev_1_total',
    'n_evts_dev_2_total',
    'n_drops_dev_2_total',
    'n_evts_dev_3_total',
    'n_drops_dev_3_total',
  ]);
  expect(answerOf('mixed', 'worker-3')).not.toMatch(/run_cnt|cpu="|n_evts_task/);
});

describe('BPF programs', () => {
  const listed = (worker: string) =>
    [...answerOf('mixed', worker).matchAll(/^falcosecurity_scap_(\w+)_run_cnt_total /gm)].map(([, name]) => name);
  const common = ['sched_proc_exit', 'sched_switch'];

  test('0.39 and 0.41 on x86_64', () => {
    const programs = ['sys_enter', 'sys_exit', ...common, 'pf_user', 'pf_kernel', 'signal_deliver'];
    expect(listed('worker-5')).toEqual(programs);
    expect(listed('worker-4')).toEqual(programs);
  });

  test('0.44 on x86_64: names are cut after 15 characters, so that one exists three times', () => {
    expect(listed('worker-1')).toEqual([
      'sys_exit',
      ...common,
      'sched_p_exec',
      'pf_user',
      'pf_kernel',
      'signal_deliver',
      'connect_e',
      'ia32_compat_con',
      'creat_e',
      'ia32_compat_cre',
      'open_e',
      'ia32_compat_ope',
      'openat_e',
      'ia32_compat_ope',
      'openat2_e',
      'ia32_compat_ope',
      'dump_task',
      'dump_task_file',
    ]);
  });

  test('0.44 without compat symbols', () => {
    expect(listed('worker-8').filter((name) => name!.startsWith('ia32'))).toEqual([
      'ia32_connect_e',
      'ia32_creat_e',
      'ia32_open_e',
      'ia32_openat_e',
      'ia32_openat2_e',
    ]);
  });

  test('0.44 on arm64: fork has a program, page faults and 32-bit calls have none', () => {
    expect(listed('worker-6')).toEqual([
      'sys_exit',
      ...common,
      'sched_p_exec',
      'sched_p_fork',
      'signal_deliver',
      'connect_e',
      'creat_e',
      'open_e',
      'openat_e',
      'openat2_e',
      'dump_task',
      'dump_task_file',
    ]);
  });
});

describe('drops of the buffer', () => {
  const lines = (worker: string) =>
    [...answerOf('demo', worker).matchAll(/^falcosecurity_scap_n_drops_buffer_total(\{.*\}) (\d+)$/gm)].map(
      ([, labels, value]) => [labels, Number(value) > 0]
    );

  test('0.44: enter drops are always 0, come last and are marked as deprecated', () => {
    const causes = ['clone_fork', 'execve', 'connect', 'open', 'dir_file', 'other_interest'];
    expect(lines('worker-2')).toEqual([
      ...[...causes, 'close', 'proc'].map((drop) => [`{dir="exit",drop="${drop}"}`, true]),
      ...causes.map((drop) => [`{dir="enter",drop="${drop}"}`, false]),
    ]);
    expect(answerOf('demo', 'worker-2').split('\n')).toContain(
      `# HELP falcosecurity_scap_n_drops_buffer_total ${HELP} (DEPRECATED: enter events are no longer tracked in falcosecurity/libs)`
    );
  });

  test('0.41: both directions in pairs', () => {
    expect(
      lines('worker-4')
        .map(([labels]) => labels)
        .slice(0, 4)
    ).toEqual([
      '{dir="enter",drop="clone_fork"}',
      '{dir="exit",drop="clone_fork"}',
      '{dir="enter",drop="execve"}',
      '{dir="exit",drop="execve"}',
    ]);
    expect(answerOf('demo', 'worker-4')).not.toContain('DEPRECATED');
  });
});

describe('labels', () => {
  test('are sorted by the bytes of their raw names, cleaned, and their values not escaped', () => {
    expect(labelText({ rule_name: 'a "b"', tag_container: 'true', 'tag_T1.2--3': 'true', priority: '4' })).toBe(
      '{priority="4",rule_name="a "b"",tag_T1_2_3="true",tag_container="true"}'
    );
  });

  test('of a rule', () => {
    expect(answerOf('mixed', 'worker-1')).toMatch(
      /^falcosecurity_falco_rules_matches_total\{priority="5",rule_name="Terminal shell in container",source="syscall",tag_T1059="true",tag_container="true",tag_maturity_stable="true",tag_mitre_execution="true",tag_shell="true"\} \d+$/m
    );
  });
});

test('times are exact nanoseconds that a double cannot hold', () => {
  const text = answerOf('mixed', 'worker-1');
  const [, start] = /start_timestamp_nanoseconds (\d+)/.exec(text)!;
  const [, reload] = /reload_timestamp_nanoseconds (\d+)/.exec(text)!;
  expect(start).toHaveLength(19);
  expect(BigInt(Number(start)).toString()).not.toBe(start);
  expect(BigInt(reload!) - BigInt(start!)).toBe(1_214_377n);
  expect(text).toMatch(/host_boot_timestamp_nanoseconds \d{10}000000000$/m);
});

test('each setting of falco.yaml removes its samples', () => {
  const gone = (name: string, engine: 'modern_bpf' | 'kmod' = 'modern_bpf') => {
    const all = nodeSpec({ name: 'x', engine, rules: RULES, switches: { jemalloc: true } });
    const less = { ...all, switches: { ...all.switches, [name]: false } };
    const text = (spec: typeof all) => exposition(new Node(spec, 'falco', START).at(START));
    const left = new Set(read(text(less)).keys());
    return [...read(text(all)).keys()].filter((series) => !left.has(series));
  };
  expect(gone('perCpu')).toHaveLength(16);
  expect(gone('perCpu', 'kmod')).toHaveLength(16);
  expect(gone('resources')).toHaveLength(9);
  expect(gone('state')).toHaveLength(17);
  expect(gone('iterators')).toHaveLength(21);
  expect(gone('jemalloc')).toHaveLength(8);
  expect(gone('plugins')).toHaveLength(2);
  expect(gone('rules').every((series) => series.startsWith('falcosecurity_falco_rules_matches_total{'))).toBe(true);
  expect(
    gone('libbpf').every((series) => /_(run_cnt_total|run_time_nanoseconds_total|avg_time_nanoseconds)$/.test(series))
  ).toBe(true);
  expect(gone('libbpf', 'kmod')).toEqual([]);
});

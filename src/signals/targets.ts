import { type Baseline, type Catalogue } from './types';

/**
 * Gauges that the scraper writes beside `up`, from the settings of each target and with its
 * identity. `expectedInstances` applies to all targets of an entry together and is written for each
 * of them.
 */
export const targetGauges: Catalogue['targetGauges'] = [
  { setting: 'threadTableSize', metric: 'falco_target_thread_table_size', fallback: 262_144 },
  { setting: 'memoryLimit', metric: 'falco_target_memory_limit_bytes', fallback: 0 },
  { setting: 'cpuLimit', metric: 'falco_target_cpu_limit', fallback: 0 },
  { setting: 'outputsQueueCapacity', metric: 'falco_target_outputs_queue_capacity', fallback: 0 },
  { setting: 'expectedInstances', metric: 'falco_target_expected', fallback: 0, ofEntry: true },
];

const digests = { form: '^[0-9a-f]{64}$', formInWords: 'SHA-256 digests with 64 hexadecimal digits' };

/** Values that are pinned for all Falco instances of the data source. */
export const baselines: Baseline[] = [
  {
    setting: 'version',
    title: 'Version',
    metric: 'falco_expected_version_info',
    label: 'version',
    actualMetric: 'falcosecurity_falco_version_info',
    form: '^[0-9][^\\s,"]*$',
    formInWords: 'a version as Falco reports it, such as 0.44.1',
  },
  {
    setting: 'rules',
    title: 'Rules files',
    metric: 'falco_expected_sha256_rules_files_info',
    label: 'sha256',
    actualMetric: 'falcosecurity_falco_sha256_rules_files_info',
    ...digests,
  },
  {
    setting: 'config',
    title: 'Configuration files',
    metric: 'falco_expected_sha256_config_files_info',
    label: 'sha256',
    actualMetric: 'falcosecurity_falco_sha256_config_files_info',
    ...digests,
  },
];

/** Returns the name of the series that is written for a pinned setting. */
export function baselineMetric(setting: Baseline['setting']): string {
  const found = baselines.find((baseline) => baseline.setting === setting);
  if (!found) {
    throw new Error(`The catalogue has no baseline named ${setting}.`);
  }
  return found.metric;
}

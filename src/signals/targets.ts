import { type Catalogue } from './types';

/**
 * Gauges that the scraper writes beside `up`, from the settings of each target and with its identity.
 * `expected` is the number for all targets of an entry, and stands on each of them.
 */
export const targetGauges: Catalogue['targetGauges'] = [
  { setting: 'threadTableSize', metric: 'falco_target_thread_table_size', fallback: 262_144 },
  { setting: 'memoryLimit', metric: 'falco_target_memory_limit_bytes', fallback: 0 },
  { setting: 'cpuLimit', metric: 'falco_target_cpu_limit', fallback: 0 },
  { setting: 'expected', metric: 'falco_target_expected', fallback: 0 },
];

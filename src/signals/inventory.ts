import { type InventoryColumn } from './types';

const scap = (name: string) => `falcosecurity_scap_${name}`;
const falco = (name: string) => `falcosecurity_falco_${name}`;

/** Number of SHA-256 digits shown: enough to tell two files apart. */
const digits = 12;

export const inventory: InventoryColumn[] = [
  { id: 'version', title: 'Version', metric: falco('version_info'), label: 'version', compare: true, width: 80 },
  { id: 'engine', title: 'Engine', metric: scap('engine_name_info'), label: 'engine_name', compare: true, width: 105 },
  {
    id: 'kernel',
    title: 'Kernel',
    metric: falco('kernel_release_info'),
    label: 'kernel_release',
    compare: true,
    width: 150,
  },
  { id: 'cpus', title: 'CPUs', metric: falco('host_num_cpus_total'), unit: 'short', width: 65 },
  { id: 'uptime', title: 'Uptime', metric: falco('duration_seconds_total'), unit: 'dtdhms', width: 115 },
  {
    id: 'started',
    title: 'Started',
    metric: falco('start_timestamp_nanoseconds'),
    unit: 'dateTimeAsIso',
    divide: 1e6,
    width: 165,
    hidden: true,
  },
  {
    id: 'reloaded',
    title: 'Rules and configuration loaded',
    metric: falco('reload_timestamp_nanoseconds'),
    unit: 'dateTimeAsIso',
    divide: 1e6,
    width: 165,
    hidden: true,
  },
  {
    id: 'booted',
    title: 'Host booted',
    metric: falco('host_boot_timestamp_nanoseconds'),
    unit: 'dateTimeAsIso',
    divide: 1e6,
    width: 165,
    hidden: true,
  },
  {
    id: 'rules',
    title: 'Rules files',
    metric: falco('sha256_rules_files_info'),
    label: 'sha256',
    prefix: 'file_name',
    length: digits,
    compare: true,
    width: 250,
  },
  {
    id: 'config',
    title: 'Configuration files',
    metric: falco('sha256_config_files_info'),
    label: 'sha256',
    prefix: 'file_name',
    length: digits,
    compare: true,
    width: 250,
  },
];

import { links } from '../links';
import { perCpuCounter } from '../needs';
import { anyGrouping, rate } from '../templates';
import { type Signal } from '../types';
import { fewerSyscalls } from './advice';
import { events } from './kernel';

const eventsCpu = 'falcosecurity_scap_n_evts_cpu_total';
const dropsCpu = 'falcosecurity_scap_n_drops_cpu_total';

// Falco writes the number of the kernel module's device into the metric name. A regular expression
// selects
// all of them. A rate would merge them into one series, a difference keeps them apart.
const device = (kind: string, offset = '') =>
  `label_replace({__name__=~"falcosecurity_scap_n_${kind}_dev_[0-9]+_total"}${offset}, "device", "$1", "__name__", ".*_dev_([0-9]+)_total")`;
const rise = (kind: string) => `(${device(kind)} - ${device(kind, ' offset $window')})`;
const deviceRatio = `(${rise('drops')} >= 0) / (${rise('evts')} > 0) and on ($identity) ${events}{$filter}`;

/** Drops of the CPUs that had events. The counters of an offline CPU are frozen. */
const online = `(${rate(dropsCpu)} and ${rate(eventsCpu)} > 0)`;

const oneBuffer = {
  when: 'A few CPUs drop many events and the others none: one busy process overflows one buffer.',
  change: 'Lower engine.modern_ebpf.cpus_for_each_buffer to 1, or raise engine.modern_ebpf.buf_size_preset.',
  cost: 'More or larger buffers take permanently allocated memory.',
};

export const perCpu: Signal[] = [
  {
    id: 'cpu-drop-ratio',
    title: 'Kernel drops per CPU',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events of one CPU that never reached Falco',
    description:
      'Same as kernel-drop-ratio, for each CPU on which the events occurred. The modern probe shares a buffer between two CPUs by default, so the drops of a CPU may be caused by its neighbour. CPUs that are offline or had no events have no value. With the kernel module, Falco writes the device number into the metric name instead of a label, so there is no value: see device-drop-ratio.',
    expr: `sum by ($groupBy) (${rate(dropsCpu)}$join) / (sum by ($groupBy) (${rate(eventsCpu)}$join) > 0)`,
    groupBy: { default: ['$identity', 'cpu'], allowed: anyGrouping },
    needs: [perCpuCounter(dropsCpu), perCpuCounter(eventsCpu)],
    thresholds: {
      direction: 'above',
      warning: 0.02,
      critical: 0.1,
      because: 'The same thresholds as for the whole node: what is lost on one CPU is lost.',
      source: links.dropping,
    },
    advice: [oneBuffer, fewerSyscalls],
    link: links.dropping,
    noValueReason: 'No events within the window',
  },
  {
    id: 'device-drop-ratio',
    title: 'Kernel drops per device',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events of one kernel module device that never reached Falco',
    description:
      'Same as kernel-drop-ratio, for each device of the kernel module. There is one device per online CPU, numbered from 0, which may differ from the CPU number. Falco writes the number into the metric name, so only the difference between two points in time can be calculated: now and one window ago. There is no value if the counters were reset in between. Groups show the maximum.',
    expr: `max by ($groupBy) ((${deviceRatio})$join)`,
    groupBy: { default: ['$identity', 'device'], allowed: anyGrouping },
    needs: [{ ...perCpuCounter('falcosecurity_scap_n_evts_dev_0_total'), engines: ['kmod'] }],
    thresholds: {
      direction: 'above',
      warning: 0.02,
      critical: 0.1,
      because: 'The same thresholds as for the whole node: what is lost on one CPU is lost.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'A few devices drop many events and the others none.',
        change: 'Raise engine.kmod.buf_size_preset.',
        cost: 'Memory per CPU: preset n takes 2^(n-1) MB each.',
      },
      fewerSyscalls,
    ],
    link: links.dropping,
    noValueReason: 'Its counters were reset within the window, it had no events, or it has been scraped only once',
  },
  {
    id: 'cpu-drop-imbalance',
    title: 'Drop imbalance across CPUs',
    dimension: 'data-quality',
    unit: 'short',
    decimals: 1,
    min: 0,
    summary: 'Drops of the worst CPU of a node relative to the average',
    description:
      'Drops of the CPU that drops most, divided by the mean of the CPUs that had events; offline CPUs are excluded. 1 means that all CPUs drop alike, which larger buffers address. A value equal to the number of CPUs means that one CPU has all drops, which a buffer of its own addresses. CPUs that share a buffer (two by default) affect each other. There is no value without drops. Groups show the maximum.',
    expr: `max by ($groupBy) ((max without (cpu) (${online}) / (avg without (cpu) (${online}) > 0))$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [perCpuCounter(dropsCpu), perCpuCounter(eventsCpu)],
    advice: [oneBuffer],
    link: links.dropping,
    noValueReason: 'No events were dropped',
  },
];

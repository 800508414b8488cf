import { links } from '../links';
import { perCpuCounter } from '../needs';
import { anyGrouping, rate } from '../templates';
import { type Signal } from '../types';
import { fewerSyscalls } from './advice';
import { events } from './kernel';

const eventsCpu = 'falcosecurity_scap_n_evts_cpu_total';
const dropsCpu = 'falcosecurity_scap_n_drops_cpu_total';

// Falco writes the number of the kernel module's device into the name of the metric. A selector by
// regular expression finds them all; a rate would make one series of them, a difference does not.
const device = (kind: string, offset = '') =>
  `label_replace({__name__=~"falcosecurity_scap_n_${kind}_dev_[0-9]+_total"}${offset}, "device", "$1", "__name__", ".*_dev_([0-9]+)_total")`;
const rise = (kind: string) => `(${device(kind)} - ${device(kind, ' offset $window')})`;
const deviceRatio = `(${rise('drops')} >= 0) / (${rise('evts')} > 0) and on ($identity) ${events}{$filter}`;

/** Drops of the CPUs on which something happened; an offline CPU has counters that stand still. */
const online = `(${rate(dropsCpu)} and ${rate(eventsCpu)} > 0)`;

const oneBuffer = {
  when: 'Few CPUs lose much and the others nothing: one busy process fills one buffer.',
  change: 'Lower engine.modern_ebpf.cpus_for_each_buffer to 1, or raise engine.modern_ebpf.buf_size_preset.',
  cost: 'More buffers, or larger ones: memory set aside for good.',
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
      'As the kernel drop ratio, for each CPU on which the events happened. The modern probe gives two CPUs one buffer by default, so that drops on a CPU may be its neighbour’s doing. CPUs that are offline, or on which nothing happened, have no figure. The kernel module writes the number of its device into the name of the metric instead of a label, so that there is no figure with it: see device-drop-ratio.',
    expr: `sum by ($groupBy) (${rate(dropsCpu)}$join) / (sum by ($groupBy) (${rate(eventsCpu)}$join) > 0)`,
    groupBy: { default: ['$identity', 'cpu'], allowed: anyGrouping },
    needs: [perCpuCounter(dropsCpu), perCpuCounter(eventsCpu)],
    thresholds: {
      direction: 'above',
      warning: 0.02,
      critical: 0.1,
      because: 'The same bounds as for the whole node: what is lost on one CPU is lost.',
      source: links.dropping,
    },
    advice: [oneBuffer, fewerSyscalls],
    link: links.dropping,
    noValueReason: 'No event happened within the window',
  },
  {
    id: 'device-drop-ratio',
    title: 'Kernel drops per device',
    dimension: 'data-quality',
    unit: 'percentunit',
    min: 0,
    summary: 'Share of the events of one device of the kernel module that never reached Falco',
    description:
      'As the kernel drop ratio, for each device of the kernel module: one for each CPU that is online, numbered from 0, which need not be the number of the CPU. Falco writes that number into the name of the metric, where only the difference of two moments can be taken: the figure compares now with one window ago, and there is none where the counters began again in between. A group shows its highest.',
    expr: `max by ($groupBy) ((${deviceRatio})$join)`,
    groupBy: { default: ['$identity', 'device'], allowed: anyGrouping },
    needs: [{ ...perCpuCounter('falcosecurity_scap_n_evts_dev_0_total'), engines: ['kmod'] }],
    thresholds: {
      direction: 'above',
      warning: 0.02,
      critical: 0.1,
      because: 'The same bounds as for the whole node: what is lost on one CPU is lost.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'Few devices lose much and the others nothing.',
        change: 'Raise engine.kmod.buf_size_preset.',
        cost: 'Memory for every CPU: preset n takes 2^(n-1) MB each.',
      },
      fewerSyscalls,
    ],
    link: links.dropping,
    noValueReason: 'Its counters began again within the window, or nothing happened',
  },
  {
    id: 'cpu-drop-imbalance',
    title: 'Drop imbalance across CPUs',
    dimension: 'data-quality',
    unit: 'short',
    decimals: 1,
    min: 0,
    summary: 'How many times the average the worst CPU of a node drops',
    description:
      'Drops of the CPU that drops most, divided by the mean over the CPUs on which something happened; offline CPUs are left out. 1 is an even load, for which larger buffers everywhere help; the number of CPUs is one CPU that loses everything, for which a buffer of its own helps. CPUs that share a buffer (two by default) suffer from each other. No figure where nothing is dropped. A group of nodes shows its highest.',
    expr: `max by ($groupBy) ((max without (cpu) (${online}) / (avg without (cpu) (${online}) > 0))$join)`,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [perCpuCounter(dropsCpu), perCpuCounter(eventsCpu)],
    advice: [oneBuffer],
    link: links.dropping,
    noValueReason: 'Nothing was dropped',
  },
];

import { links } from '../links';
import { exportedAlways, kernelCounter, programStatistic } from '../needs';
import { runCountMetric } from '../programs';
import { anyGrouping, rate, sumByGroup } from '../templates';
import { type Catalogue, type Signal } from '../types';

const boot = 'falcosecurity_falco_host_boot_timestamp_nanoseconds';
const kernel = 'falcosecurity_falco_kernel_release_info';
const hostCpu = 'falcosecurity_falco_host_cpu_usage_ratio';

const perKernel = 'cluster, kernel_release, zz_boot';
const release = `max by ($identity, kernel_release) (${kernel}{$filter})`;
/**
 * 1 for each instance, with the boot time in the label `zz_boot`. Prometheus 2 sorts the labels of count_values in place, so
 * that in a range query a name that does not sort last replaces one of the grouping labels.
 */
const instances = `count_values by ($identity, kernel_release) ("zz_boot", ${boot}{$filter} * on ($identity) group_left (kernel_release) ${release})`;
/** Hosts that booted in the same second have different loads; instances on one host report the same one. */
const differentLoad = `stddev by (${perKernel}) (${instances} * on ($identity) group_left () ${hostCpu}{$filter}) >= 0.005`;
const shared = `(count by (${perKernel}) (${instances}) unless on (${perKernel}) (${differentLoad}) or on (${perKernel}) 0 * count by (${perKernel}) (${instances}) + 1)`;

const perInstance = `${instances} * on (${perKernel}) group_left () ${shared}`;

/**
 * Returns the sum of what instances count per kernel, with each kernel once: of several instances on a kernel, each counts
 * with its share.
 */
function sumByKernel(vector: string): string {
  return sumByGroup(`(${vector}) / on ($identity) max by ($identity) (${perInstance})`);
}

const events = 'falcosecurity_scap_n_evts_total';
const exits = runCountMetric('sys_exit');
const entries = runCountMetric('sys_enter');

/** By node, such a signal would show the share of an instance, so its default is the total. */
const byCluster = { default: ['cluster'], allowed: anyGrouping };
const once =
  'Where several Falco instances monitor one kernel, as on nodes that are containers of one host (kind), their mean counts, so that the total is not too high. On other fleets it equals the sum over the nodes.';

export const sharedKernel: Catalogue['sharedKernel'] = {
  signal: 'instances-per-kernel',
  totals: ['fleet-event-rate', 'fleet-syscall-rate'],
};

export const sharedKernelSignals: Signal[] = [
  {
    id: 'monitored-kernels',
    title: 'Monitored kernels',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of kernels that at least one Falco monitors',
    description:
      'Counts the instances, with several instances on one kernel as one (see instances-per-kernel). It is the number of hosts, whatever the number of nodes. Nodes that are down are not included.',
    expr: sumByKernel(`${instances} * 0 + 1`),
    groupBy: byCluster,
    needs: [exportedAlways(boot), exportedAlways(kernel)],
    comparesNodes: true,
    advice: [],
    link: links.performance,
  },
  {
    id: 'fleet-event-rate',
    title: 'Kernel events, each kernel once',
    dimension: 'data-quality',
    unit: 'eps',
    min: 0,
    summary: 'Events per second that drivers handled, with each kernel counted once',
    description: `The total of kernel-event-rate over kernels instead of instances. ${once} By node it shows the share of each instance.`,
    expr: sumByKernel(rate(events)),
    groupBy: byCluster,
    needs: [kernelCounter(events), exportedAlways(boot), exportedAlways(kernel)],
    comparesNodes: true,
    advice: [],
    link: links.metrics,
  },
  {
    id: 'fleet-syscall-rate',
    title: 'Syscalls, each kernel once',
    dimension: 'data-quality',
    unit: 'cps',
    min: 0,
    summary: 'Syscalls per second of all hosts, with each kernel counted once',
    description: `Syscalls that the hosts make, before Falco filters (see server-load for the same per CPU). ${once} There is no value if the kernel's BPF statistics are off or were switched off after Falco started.`,
    expr: sumByKernel(`${rate(exits)} > 0 or ${rate(entries)} > 0`),
    groupBy: byCluster,
    needs: [programStatistic(exits, [entries]), exportedAlways(boot), exportedAlways(kernel)],
    comparesNodes: true,
    advice: [],
    link: links.dropping,
    noValueReason: 'The BPF statistics are frozen: they are off, or were switched off after Falco started',
  },
  {
    id: 'instances-per-kernel',
    title: 'Instances per kernel',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of Falco instances that monitor the same kernel as this one',
    description:
      'Counts the instances of a cluster that report the same host boot time, kernel release and host CPU usage under different names. 1 is normal. Several instances on one kernel, as in clusters whose nodes are containers (kind), count every event several times: totals over nodes are too high by that factor, and each instance costs CPU and memory. monitored-kernels, fleet-event-rate and fleet-syscall-rate count each kernel once. Groups show the maximum.',
    expr: `max by ($groupBy) (${perInstance})`,
    groupBy: { default: ['$identity'], allowed: [] },
    needs: [exportedAlways(boot), exportedAlways(kernel)],
    comparesNodes: true,
    thresholds: {
      direction: 'above',
      warning: 2,
      because: 'One instance per kernel sees every event. The threshold is ours.',
      source: links.performance,
    },
    advice: [
      {
        when: 'Several instances run on one host.',
        change:
          'Run a single Falco on the host. If the nodes are containers of one host, keep one of them as a target, or use fleet-event-rate and fleet-syscall-rate, which count each kernel once, instead of other totals.',
        cost: 'None.',
      },
    ],
    link: links.performance,
  },
];

import { links } from '../links';
import { exportedAlways } from '../needs';
import { type Signal } from '../types';

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

export const sharedKernel: Signal[] = [
  {
    id: 'instances-per-kernel',
    title: 'Instances per kernel',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of Falco instances that monitor the same kernel as this one',
    description:
      'Counts the instances of a cluster that report the same host boot time, kernel release and host CPU usage under different names. 1 is normal. Several instances on one kernel, as in clusters whose nodes are containers (kind), count every event several times: totals over nodes are too high by that factor, and each instance costs CPU and memory. Groups show the maximum.',
    expr: `max by ($groupBy) (${instances} * on (${perKernel}) group_left () ${shared})`,
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
          'Run a single Falco on the host. If the nodes are containers of one host, keep one of them as a target, or read values by node instead of totals.',
        cost: 'None.',
      },
    ],
    link: links.performance,
  },
];

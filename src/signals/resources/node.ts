import { links } from '../links';
import {
  diskBusy,
  diskOperations,
  disks,
  diskTime,
  networkBytes,
  networkDevices,
  nodeExporter,
  onFalcoNodes,
} from '../node-exporter';
import { anyGrouping, maxByGroup, rate, sumByGroup, withLabel } from '../templates';
import { type Advice, type Need, type Signal } from '../types';

const perInstance = { default: ['$identity'], allowed: anyGrouping };
const perDevice = { default: ['$identity'], allowed: [...anyGrouping, 'device'] };

const deviceRate = (metric: string, devices: string) => `rate(${metric}{${devices},$filter}[$window])`;

/** CPU seconds of all CPUs and modes per second, which is the number of CPUs. */
const cpuTime = `sum by ($identity) (${rate('node_cpu_seconds_total')})`;
const notBusy = 'sum by ($identity) (rate(node_cpu_seconds_total{mode=~"idle|iowait|steal",$filter}[$window]))';

/** Share of the node's CPU time that was used within the window. */
export const busyCpus = `(1 - ${notBusy} / (${cpuTime} > 0))`;

const waiting = 'node_schedstat_waiting_seconds_total';
const retransmitted = 'node_netstat_Tcp_RetransSegs';
const sent = 'node_netstat_Tcp_OutSegs';
const listenDrops = 'node_netstat_TcpExt_ListenDrops';

const sumOfDisks = (metrics: string[]) => metrics.map((metric) => deviceRate(metric, disks)).join(' + ');

const slowerSinceChange: Advice = {
  when: 'It rose on the nodes that got another Falco version, rule set or syscall selection, and not on others.',
  change:
    'Go back to the previous version or rules on some of the nodes and compare. Reduce the monitored syscalls with base_syscalls.custom_set and base_syscalls.repair: true.',
  cost: 'Rules on excluded syscalls no longer match.',
};

/** The properties that all signals about the node share. They describe nodes with Falco, so filters and notices are about these. */
const ofNode = {
  dimension: 'resources',
  targetKind: 'falco',
  min: 0,
  link: links.performance,
} satisfies Partial<Signal>;

const psi =
  'Linux 4.20 or later, built with CONFIG_PSI, and booted with psi=1 where the distribution disables it by default';

function definePressure(resource: 'cpu' | 'memory' | 'io', { title, noun }: { title: string; noun: string }): Signal {
  const metric = `node_pressure_${resource}_waiting_seconds_total`;
  return {
    ...ofNode,
    id: `host-${resource}-pressure-ratio`,
    title,
    unit: 'percentunit',
    decimals: 2,
    summary: `Share of time in which at least one task of the node waited for ${noun}`,
    description: `Pressure stall information of the kernel (the line “some” of /proc/pressure/${resource}), as a share of the window. Unlike usage, it shows that work was delayed: it is 0 on a fully used node where nothing waits. It covers all tasks of the node, not only Falco. A change of Falco that slows applications down raises it, and so does more load: compare with server-load, and with nodes that did not change. Groups show the maximum.`,
    expr: maxByGroup(onFalcoNodes(rate(metric))),
    groupBy: perInstance,
    needs: [nodeExporter(metric, 'pressure', psi)],
    advice: [slowerSinceChange],
  };
}

const cpuCollector: Need = nodeExporter('node_cpu_seconds_total', 'cpu');

/** What happens on the node as a whole, from node_exporter. */
export const node: Signal[] = [
  definePressure('cpu', { title: 'CPU pressure', noun: 'a CPU' }),
  definePressure('memory', { title: 'Memory pressure', noun: 'memory' }),
  definePressure('io', { title: 'I/O pressure', noun: 'I/O' }),
  {
    ...ofNode,
    id: 'host-run-queue-delay-ratio',
    title: 'Run-queue delay',
    unit: 'percentunit',
    decimals: 2,
    summary: 'Time that runnable tasks waited for a CPU, per CPU and second',
    description:
      'Seconds that tasks spent in run queues while they were ready to run, divided by the CPU time of the node. 10 % means that every CPU kept tasks waiting for 0.1 seconds of each second, all tasks together. It exceeds 100 % if several tasks wait for one CPU. Pressure counts the time in which any task waits; this counts every task that waits. Groups show the maximum.',
    expr: maxByGroup(onFalcoNodes(`(sum by ($identity) (${rate(waiting)}) / (${cpuTime} > 0))`)),
    groupBy: perInstance,
    needs: [nodeExporter(waiting, 'schedstat', 'a Linux kernel built with CONFIG_SCHEDSTATS'), cpuCollector],
    advice: [slowerSinceChange],
  },
  {
    ...ofNode,
    id: 'host-cpu-busy-ratio',
    title: 'Host CPU busy',
    unit: 'percentunit',
    decimals: 1,
    max: 1,
    summary: "Share of the node's CPU time within the window that was used",
    description:
      'CPU time in all modes except idle, iowait and steal, divided by all CPU time, as in the node mixin of Prometheus. It is the current value: see host-cpu-usage-ratio for a value that also exists without node_exporter. Groups show the maximum.',
    expr: maxByGroup(onFalcoNodes(busyCpus)),
    groupBy: perInstance,
    needs: [cpuCollector],
    advice: [],
  },
  {
    ...ofNode,
    id: 'host-context-switch-rate',
    title: 'Host context switches',
    unit: 'cps',
    summary: 'Context switches per second and CPU of the node',
    description:
      'All context switches of the node divided by its CPUs. The kernel counts them anyway, so unlike context-switch-rate this needs no probe of Falco. Groups show the maximum.',
    expr: maxByGroup(onFalcoNodes(`(sum by ($identity) (${rate('node_context_switches_total')}) / (${cpuTime} > 0))`)),
    groupBy: perInstance,
    needs: [nodeExporter('node_context_switches_total', 'stat'), cpuCollector],
    advice: [],
  },
  {
    ...ofNode,
    id: 'host-network-rate',
    title: 'Host network throughput',
    unit: 'Bps',
    summary: 'Bytes per second that the node receives and transmits',
    description:
      "Traffic of the node's network devices by direction. Loopback, tunnels, bridges, VLANs, bonds and the interfaces of pods are not counted, because the traffic passes a physical device as well. Groups show the sum.",
    expr: sumByGroup(
      onFalcoNodes(
        `(${Object.entries(networkBytes)
          .map(([direction, metric]) => withLabel(deviceRate(metric, networkDevices), 'direction', direction))
          .join(' or ')})`
      )
    ),
    groupBy: { default: ['$identity', 'direction'], allowed: perDevice.allowed },
    needs: Object.values(networkBytes).map((metric) => nodeExporter(metric, 'netdev')),
    advice: [],
    noValueReason: 'All its network devices are virtual',
  },
  {
    ...ofNode,
    id: 'host-tcp-retransmission-ratio',
    title: 'TCP retransmissions',
    unit: 'percentunit',
    decimals: 3,
    summary: 'Segments sent again as a share of all TCP segments sent',
    description:
      "TCP segments that the node sent again, divided by the segments that it sent for the first time. Segments are sent again after a loss in the network, or if an acknowledgement comes too late because one side is too slow. Only connections in the host's network namespace are counted: pods with a network of their own are not. Groups show all segments sent again divided by all segments.",
    expr: `${sumByGroup(onFalcoNodes(rate(retransmitted)))} / (${sumByGroup(onFalcoNodes(rate(sent)))} > 0)`,
    groupBy: perInstance,
    needs: [nodeExporter(retransmitted, 'netstat'), nodeExporter(sent, 'netstat')],
    advice: [],
    noValueReason: 'It sent no TCP segment within the window',
  },
  {
    ...ofNode,
    id: 'host-tcp-listen-drop-rate',
    title: 'TCP listen drops',
    unit: 'cps',
    decimals: 2,
    summary: 'Connections per second that the node dropped because a server did not accept them in time',
    description:
      "New TCP connections that the kernel dropped, mostly because the server's queue was full: the server accepts connections too slowly. The client waits for at least a second before it tries again. Only connections to servers in the host's network namespace are counted: pods with a network of their own are not. Groups show the sum.",
    expr: sumByGroup(onFalcoNodes(rate(listenDrops))),
    groupBy: perInstance,
    needs: [nodeExporter(listenDrops, 'netstat')],
    advice: [slowerSinceChange],
  },
  {
    ...ofNode,
    id: 'host-disk-latency',
    title: 'Disk latency',
    unit: 's',
    summary: 'Average time that a read or write of a disk took',
    description:
      'Time of all completed reads and writes, including their time in the queue, divided by their number. Device mapper and software RAID devices are not counted, because their I/O passes a disk as well. There is no value without I/O. Groups show the time of all reads and writes divided by their number.',
    expr: `${sumByGroup(onFalcoNodes(`(${sumOfDisks(diskTime)})`))} / (${sumByGroup(onFalcoNodes(`(${sumOfDisks(diskOperations)})`))} > 0)`,
    groupBy: perDevice,
    needs: [...diskTime, ...diskOperations].map((metric) => nodeExporter(metric, 'diskstats')),
    advice: [],
    noValueReason: 'No disk completed a read or write within the window',
  },
  {
    ...ofNode,
    id: 'host-disk-busy-ratio',
    title: 'Disk utilisation',
    unit: 'percentunit',
    decimals: 1,
    max: 1,
    summary: 'Share of time in which the busiest disk had at least one read or write in progress',
    description:
      'Time with I/O in progress as a share of the window. At 100 %, a disk that handles one request at a time is saturated. SSDs and RAID controllers handle many at a time and can take more: look at disk latency and I/O pressure too. Device mapper and software RAID devices are not counted. Groups show the maximum.',
    expr: maxByGroup(onFalcoNodes(deviceRate(diskBusy, disks))),
    groupBy: perDevice,
    needs: [nodeExporter(diskBusy, 'diskstats')],
    advice: [],
    noValueReason: 'It has no disk that is counted',
  },
];

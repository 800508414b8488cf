/** The metrics of node_exporter that signals read, and how they are matched to the Falco of the same node. */
import { falcoUp } from './templates';
import { type Need, type Reading, type Signal } from './types';

/** Its label nodename has the host name, which becomes the label `node`. */
export const nodeExporterHost = { metric: 'node_uname_info', label: 'nodename' };

/** 1 for each collector that had something to read, 0 for one that the kernel or the hardware does not support. */
export const collectors = { metric: 'node_scrape_collector_success', label: 'collector' };

/** Tells a restart from a load balancer. */
const processStart = 'process_start_time_seconds';

/**
 * Devices whose traffic other devices count as well: bridges, tunnels, the host's ends of pods' interfaces, VLANs and
 * bonds. Their number also changes with the pods.
 */
const virtualNetworkDevices = [
  'lo|veth.*|cali.*|lxc.*|lxd.*|cilium.*|cni.*|flannel.*|docker.*|podman.*|br-.*|cbr.*|virbr.*|kube-.*|nodelocaldns|eni.*|azv.*|gke.*',
  'vxlan.*|genev.*|tun.*|tap.*|wg.*|dummy.*|gre.*|ip6tnl.*|sit.*|ovs-.*|bond.*|team.*|.+[.].+',
].join('|');
/** Devices whose I/O other devices count as well: device mapper and software RAID. */
const stackedDisks = 'dm-.*|md.*';

/** Metrics with a series for each network device, or for each disk. */
export const networkBytes = {
  receive: 'node_network_receive_bytes_total',
  transmit: 'node_network_transmit_bytes_total',
};
export const diskTime = ['node_disk_read_time_seconds_total', 'node_disk_write_time_seconds_total'];
export const diskOperations = ['node_disk_reads_completed_total', 'node_disk_writes_completed_total'];
export const diskBusy = 'node_disk_io_time_seconds_total';
const ofNetworkDevices = Object.values(networkBytes);
const ofDisks = [...diskTime, ...diskOperations, diskBusy];
export const deviceMetrics = [...ofNetworkDevices, ...ofDisks];

export const networkDevices = `device!~"${virtualNetworkDevices}"`;
export const disks = `device!~"${stackedDisks}"`;

/** Requires a metric of node_exporter, and says which of its collectors exports it. */
export function nodeExporter(metric: string, collector: string, host?: string): Need {
  return { metric, collector, ...(host === undefined ? {} : { host }) };
}

/** Keeps the nodes that run Falco, whether it responds or not: node_exporter may run on many others. */
export function onFalcoNodes(vector: string): string {
  return `(${vector} and on ($identity) ${falcoUp})`;
}

const metricName = /\bnode_[a-zA-Z]\w*/g;

/**
 * Returns the rules for reading node_exporter, which exports thousands of series: only what the signals read is kept,
 * and CPUs are added up. A CPU that goes offline makes such a sum fall. All signals divide one sum over CPUs by another
 * that falls with it, so they show an average since boot for one window at most.
 */
export function nodeExporterReading(
  signals: Signal[]
): Pick<Reading, 'keepMetrics' | 'keepSeries'> & { keepLabels: Reading['keepLabels'] } {
  const read = signals.flatMap(
    ({ expr, needs }) => [expr, ...needs.map(({ metric }) => metric)].join(' ').match(metricName) ?? []
  );
  const needed = signals.flatMap(({ needs }) => needs.flatMap(({ collector }) => collector ?? []));
  const metrics = [...new Set([nodeExporterHost.metric, collectors.metric, processStart, ...read])].sort();
  return {
    keepMetrics: [{ kind: 'node-exporter', metrics }],
    keepSeries: [
      { ...collectors, operator: '=~', value: [...new Set(needed)].sort().join('|') },
      ...deviceMetrics.map((metric) => ({
        metric,
        label: 'device',
        operator: '!~' as const,
        value: ofDisks.includes(metric) ? stackedDisks : virtualNetworkDevices,
      })),
    ],
    keepLabels: [
      { metric: nodeExporterHost.metric, labels: [nodeExporterHost.label] },
      { metric: 'node_cpu_seconds_total', labels: ['mode'] },
      { metric: 'node_schedstat_waiting_seconds_total', labels: [] },
    ],
  };
}

import { links } from '../links';
import { exportedAlways } from '../needs';
import { anyGrouping, sumByGroup } from '../templates';
import { type Advice, type Need, type Signal, type Thresholds } from '../types';

const version = 'falcosecurity_falco_version_info';
const kernel = 'falcosecurity_falco_kernel_release_info';
const engine = 'falcosecurity_scap_engine_name_info';
const ruleFiles = 'falcosecurity_falco_sha256_rules_files_info';
const configFiles = 'falcosecurity_falco_sha256_config_files_info';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

/**
 * Returns 1 for each node whose value of a label is not that of more than half of the nodes of its cluster, otherwise 0.
 * Nothing for a cluster in which no value has such a majority.
 */
function compareLabel(selector: string, label: string): string {
  const counts = `count by (cluster, ${label}) (${selector})`;
  const half = `count by (cluster) (${selector}) / 2`;
  const alike = `${selector} * on (cluster, ${label}) group_left () ${counts}`;
  const differs = `${alike} <= bool on (cluster) group_left () (${half})`;
  return sumByGroup(`${differs} and on (cluster) (max by (cluster) (${counts}) > ${half})`);
}

/**
 * Returns 1 for each node whose files are not exactly those of the majority of its cluster, otherwise 0. A file and its
 * hash belong to the majority if more than half of the nodes have them. Nothing for a cluster in which hardly any
 * node has exactly these files.
 */
function compareFiles(metric: string): string {
  const files = `${metric}{$filter}`;
  const own = `count without (file_name, sha256) (${files})`;
  const half = `on (cluster) group_left () (count by (cluster) (${own}) / 2)`;
  const majority = `(count by (cluster, file_name, sha256) (${files}) > ${half})`;
  const shared = `(count without (file_name, sha256) (${files} and on (cluster, file_name, sha256) ${majority}) or 0 * ${own})`;
  const all = `(count by (cluster) (${majority}) or 0 * count by (cluster) (${own}))`;
  const lacks = `(${shared} < bool on (cluster) group_left () ${all})`;
  const agreeing = `count by (cluster) ((${shared} == ${own}) == on (cluster) group_left () ${all})`;
  // Above a third; of two nodes both have to agree.
  const agrees = `(3 * ${agreeing} > count by (cluster) (${own}) + 1)`;
  return sumByGroup(`clamp_max((${shared} < bool ${own}) + ${lacks}, 1) and on (cluster) ${agrees}`);
}

interface Drift {
  id: string;
  title: string;
  what: string;
  more: string;
  /** The signal that counts the nodes of each group. */
  groups: string;
  expr: string;
  need: Need;
  advice: Advice;
  /** Differences of this kind are often intended: they are shown but not judged. */
  benign?: boolean;
}

const judged: Thresholds = {
  direction: 'above',
  warning: 1,
  because:
    'Nodes that differ detect different threats, which is expected only during a rollout. The threshold is ours.',
  source: links.performance,
};

/** Defines what all kinds of drift have in common. */
function defineDrift({ id, title, what, more, groups, expr, need, advice, benign = false }: Drift): Signal {
  return {
    id,
    title,
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: `Nodes with a different ${what} than the majority`,
    description: `1 for a node with a different ${what} than more than half of the selected nodes of its cluster, otherwise 0. There is no value for a cluster without such a majority. ${more} Groups show the number of nodes that differ.`,
    expr,
    groupBy: perInstance,
    needs: [need],
    comparesNodes: true,
    ...(benign ? {} : { thresholds: judged }),
    advice: [advice],
    link: links.metrics,
    noValueReason: `There is no majority: no ${what} is shared by more than half of the nodes of the cluster; ${groups} lists the groups`,
    values: [
      { value: 0, text: 'same', level: 'ok' },
      { value: 1, text: 'differs', level: benign ? 'ok' : 'warning' },
    ],
  };
}

export const drift: Signal[] = [
  defineDrift({
    id: 'version-drift',
    title: 'Version drift',
    what: 'Falco version',
    groups: 'nodes-by-version',
    more: 'The whole version is compared, including the patch level.',
    expr: compareLabel(`${version}{$filter}`, 'version'),
    need: exportedAlways(version),
    advice: {
      when: 'The rollout is complete or stuck.',
      change: 'Check the rollout of the DaemonSet: pods that do not become ready block it.',
      cost: 'During a restart, Falco does not monitor the node for some seconds.',
    },
  }),
  defineDrift({
    id: 'engine-drift',
    benign: true,
    title: 'Engine drift',
    what: 'syscall engine',
    groups: 'nodes-by-version by engine',
    more: 'Old kernels may require the kernel module where others use the modern probe. Several metrics exist only with one of them.',
    expr: compareLabel(`${engine}{engine_name!="source_plugin",$filter}`, 'engine_name'),
    need: exportedAlways(engine),
    advice: {
      when: 'A node fell back to another engine.',
      change: 'Set the same engine.kind on all nodes if their kernels allow it.',
      cost: 'The modern probe requires BPF ring buffers and BTF, usually kernel 5.8 or later.',
    },
  }),
  defineDrift({
    id: 'kernel-drift',
    benign: true,
    title: 'Kernel drift',
    what: 'kernel release',
    groups: 'nodes-by-version by kernel',
    more: 'Node pools with different images differ as intended.',
    expr: compareLabel(`${kernel}{$filter}`, 'kernel_release'),
    need: exportedAlways(kernel),
    advice: {
      when: 'The other metrics of the differing nodes are unusual as well.',
      change:
        'Group the metrics by kernel before you look for the cause in Falco, and update the node to the image of the others.',
      cost: 'The node is drained and rebooted.',
    },
  }),
  defineDrift({
    id: 'rules-drift',
    title: 'Rules drift',
    what: 'set of rules files',
    groups: 'nodes-by-rules',
    more: 'Files are compared by name and SHA-256: a changed, missing or additional file makes a node differ.',
    expr: compareFiles(ruleFiles),
    need: { ...exportedAlways(ruleFiles), since: '0.39' },
    advice: {
      when: 'A node did not receive the last change, or falcoctl follows a floating tag.',
      change:
        'Pin the version of the rules artifact in falcoctl, or restart the outdated Falco pods. See hot-reload-failures for rules that did not load.',
      cost: 'A pinned version must be updated manually.',
    },
  }),
  defineDrift({
    id: 'config-drift',
    title: 'Configuration drift',
    what: 'set of configuration files',
    groups: 'nodes-by-config',
    more: 'Files (falco.yaml and those in config_files) are compared by name and SHA-256: a changed, missing or additional file makes a node differ. Node pools with different settings differ as intended: filter by a target label.',
    expr: compareFiles(configFiles),
    need: { ...exportedAlways(configFiles), since: '0.39' },
    advice: {
      when: 'No node pool is configured differently on purpose.',
      change: 'Restart the outdated Falco pods, or set watch_config_files: true.',
      cost: 'A reload resets the counters, and Falco does not monitor the node for a moment.',
    },
  }),
  {
    id: 'nodes-by-version',
    title: 'Nodes by version',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of nodes with each Falco version: a rollout over time',
    description:
      'Nodes that respond, counted by Falco version, or by engine or kernel if the query groups by those. Nodes that are down are not included.',
    expr: `count by ($groupBy) (${version}{$filter}$join)`,
    groupBy: { default: ['version'], allowed: anyGrouping },
    needs: [exportedAlways(version)],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'nodes-by-rules',
    title: 'Nodes by rules file',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of nodes with each version of each rules file',
    description:
      'Nodes that respond, counted by file name and SHA-256. It lists the groups of nodes where no majority has the same files. Nodes that are down are not included.',
    expr: `count by ($groupBy) (${ruleFiles}{$filter}$join)`,
    groupBy: { default: ['file_name', 'sha256'], allowed: anyGrouping },
    needs: [{ ...exportedAlways(ruleFiles), since: '0.39' }],
    advice: [],
    link: links.metrics,
  },
  {
    id: 'nodes-by-config',
    title: 'Nodes by configuration file',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Number of nodes with each version of each configuration file',
    description:
      'Nodes that respond, counted by file name and SHA-256. It lists the groups of nodes where no majority has the same files. Nodes that are down are not included.',
    expr: `count by ($groupBy) (${configFiles}{$filter}$join)`,
    groupBy: { default: ['file_name', 'sha256'], allowed: anyGrouping },
    needs: [{ ...exportedAlways(configFiles), since: '0.39' }],
    advice: [],
    link: links.metrics,
  },
];

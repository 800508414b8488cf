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

/** 1 for each node whose value of a label is not that of more than half of the nodes of its cluster. */
function compareLabel(selector: string, label: string): string {
  const alike = `${selector} * on (cluster, ${label}) group_left () count by (cluster, ${label}) (${selector})`;
  return sumByGroup(`${alike} <= bool on (cluster) group_left () (count by (cluster) (${selector}) / 2)`);
}

/**
 * 1 for each node whose files are not exactly those of the majority of its cluster: a file and its hash belong to
 * it when more than half of the nodes have them.
 */
function compareFiles(metric: string): string {
  const files = `${metric}{$filter}`;
  const own = `count without (file_name, sha256) (${files})`;
  const half = `on (cluster) group_left () (count by (cluster) (${own}) / 2)`;
  const majority = `(count by (cluster, file_name, sha256) (${files}) > ${half})`;
  const shared = `(count without (file_name, sha256) (${files} and on (cluster, file_name, sha256) ${majority}) or 0 * ${own})`;
  const all = `(count by (cluster) (${majority}) or 0 * count by (cluster) (${own}))`;
  const lacks = `(${shared} < bool on (cluster) group_left () ${all})`;
  return sumByGroup(`clamp_max((${shared} < bool ${own}) + ${lacks}, 1)`);
}

interface Drift {
  id: string;
  title: string;
  what: string;
  more: string;
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
function defineDrift({ id, title, what, more, expr, need, advice, benign = false }: Drift): Signal {
  return {
    id,
    title,
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: `Nodes with a different ${what} than the majority`,
    description: `1 for a node with a different ${what} than more than half of the selected nodes of its cluster, otherwise 0. Without such a majority, every node differs. ${more} Groups show the number of nodes that differ.`,
    expr,
    groupBy: perInstance,
    needs: [need],
    comparesNodes: true,
    ...(benign ? {} : { thresholds: judged }),
    advice: [advice],
    link: links.metrics,
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
    what: 'rules files',
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
    what: 'configuration files',
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
];

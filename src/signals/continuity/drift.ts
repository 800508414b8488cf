import { links } from '../links';
import { always } from '../needs';
import { anyGrouping, total } from '../templates';
import { type Advice, type Need, type Signal, type Thresholds } from '../types';

const version = 'falcosecurity_falco_version_info';
const kernel = 'falcosecurity_falco_kernel_release_info';
const engine = 'falcosecurity_scap_engine_name_info';
const ruleFiles = 'falcosecurity_falco_sha256_rules_files_info';
const configFiles = 'falcosecurity_falco_sha256_config_files_info';

const perInstance = { default: ['$identity'], allowed: anyGrouping };

/** 1 for each node whose value of a label is not that of more than half of the nodes of its cluster. */
function differs(selector: string, label: string): string {
  const alike = `${selector} * on (cluster, ${label}) group_left () count by (cluster, ${label}) (${selector})`;
  return total(`${alike} <= bool on (cluster) group_left () (count by (cluster) (${selector}) / 2)`);
}

/**
 * 1 for each node whose files are not exactly those of the majority of its cluster: a file and its hash belong to
 * it when more than half of the nodes have them.
 */
function filesDiffer(metric: string): string {
  const files = `${metric}{$filter}`;
  const own = `count without (file_name, sha256) (${files})`;
  const half = `on (cluster) group_left () (count by (cluster) (${own}) / 2)`;
  const majority = `(count by (cluster, file_name, sha256) (${files}) > ${half})`;
  const shared = `(count without (file_name, sha256) (${files} and on (cluster, file_name, sha256) ${majority}) or 0 * ${own})`;
  const all = `(count by (cluster) (${majority}) or 0 * count by (cluster) (${own}))`;
  const lacks = `(${shared} < bool on (cluster) group_left () ${all})`;
  return total(`clamp_max((${shared} < bool ${own}) + ${lacks}, 1)`);
}

interface Skew {
  id: string;
  title: string;
  what: string;
  more: string;
  expr: string;
  need: Need;
  advice: Advice;
  /** Differences of this kind are often right: shown, not judged. */
  benign?: boolean;
}

const judged: Thresholds = {
  direction: 'above',
  warning: 1,
  because: 'Nodes that differ detect different things; during a roll-out that is as it should be. The bound is ours.',
  source: links.performance,
};

/** What all kinds of skew have in common. */
function skew({ id, title, what, more, expr, need, advice, benign = false }: Skew): Signal {
  return {
    id,
    title,
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: `Nodes whose ${what} of the majority`,
    description: `1 for a node whose ${what} of more than half of the nodes of its cluster that the query is about, else 0. Where nothing has more than half, every node differs. ${more} A group of nodes shows how many of them differ.`,
    expr,
    groupBy: perInstance,
    needs: [need],
    comparesNodes: true,
    ...(benign ? {} : { thresholds: judged }),
    advice: [advice],
    link: links.metrics,
    values: [
      { value: 0, text: 'as most', level: 'ok' },
      { value: 1, text: 'differs', level: benign ? 'ok' : 'warning' },
    ],
  };
}

export const drift: Signal[] = [
  skew({
    id: 'version-drift',
    title: 'Version drift',
    what: 'version of Falco is not that',
    more: 'The whole version is compared, patch level included.',
    expr: differs(`${version}{$filter}`, 'version'),
    need: always(version),
    advice: {
      when: 'The roll-out is over, or stands still.',
      change: 'Look at the roll-out of the DaemonSet: pods that do not become ready hold it up.',
      cost: 'A restart leaves each node unwatched for some seconds.',
    },
  }),
  skew({
    id: 'engine-drift',
    benign: true,
    title: 'Engine skew',
    what: 'engine for system calls is not that',
    more: 'Old kernels may rightly have the kernel module where others have the modern probe; several figures exist with one of them only.',
    expr: differs(`${engine}{engine_name!="source_plugin",$filter}`, 'engine_name'),
    need: always(engine),
    advice: {
      when: 'A node fell back to another engine.',
      change: 'Set engine.kind for all nodes alike where their kernels allow it.',
      cost: 'The modern probe needs BPF ring buffers and BTF, usually a kernel of 5.8 or later.',
    },
  }),
  skew({
    id: 'kernel-drift',
    benign: true,
    title: 'Kernel skew',
    what: 'kernel release is not that',
    more: 'Node pools of several images differ rightly.',
    expr: differs(`${kernel}{$filter}`, 'kernel_release'),
    need: always(kernel),
    advice: {
      when: 'Figures of the differing nodes are odd as well.',
      change:
        'Compare the figures by kernel before you look for the cause in Falco; bring the node to the image of the others.',
      cost: 'The node is drained and booted.',
    },
  }),
  skew({
    id: 'rules-drift',
    title: 'Rules drift',
    what: 'rules files are not those',
    more: 'Compared by file name and SHA-256: a file that is changed, missing or extra makes a node differ.',
    expr: filesDiffer(ruleFiles),
    need: { ...always(ruleFiles), since: '0.39' },
    advice: {
      when: 'A node did not get the last change, or falcoctl follows a floating tag.',
      change:
        'Pin the version of the rules artifact in falcoctl, or restart the Falcos that lag behind; see hot-reload-failures for rules that did not load.',
      cost: 'A pinned version has to be raised by hand.',
    },
  }),
  skew({
    id: 'config-drift',
    title: 'Configuration drift',
    what: 'settings files are not those',
    more: 'Compared by file name and SHA-256 (falco.yaml and what config_files names): a file that is changed, missing or extra makes a node differ. Other settings for other node pools differ rightly: filter by a target label then.',
    expr: filesDiffer(configFiles),
    need: { ...always(configFiles), since: '0.39' },
    advice: {
      when: 'No node pool is meant to have settings of its own.',
      change: 'Restart the Falcos that lag behind, or turn on watch_config_files: true.',
      cost: 'A reload starts the counters again and leaves the node unwatched for a moment.',
    },
  }),
  {
    id: 'nodes-by-version',
    title: 'Nodes by version',
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'How many nodes run each version of Falco: a roll-out over time',
    description:
      'Nodes that answer, counted by the version of their Falco; by engine or kernel where the query groups by those instead. A node that is down is not in here.',
    expr: `count by ($groupBy) (${version}{$filter}$join)`,
    groupBy: { default: ['version'], allowed: anyGrouping },
    needs: [always(version)],
    advice: [],
    link: links.metrics,
  },
];

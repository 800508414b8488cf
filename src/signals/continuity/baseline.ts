import { links } from '../links';
import { exportedAlways, targetSetting } from '../needs';
import { baselineMetric } from '../targets';
import { anyGrouping, sumByGroup } from '../templates';
import { type Advice, type Baseline, type Signal, type Thresholds } from '../types';

const version = 'falcosecurity_falco_version_info';

/**
 * Returns 1 for each node whose version differs from the pinned one, otherwise 0; nothing if no
 * version is pinned.
 */
function compareVersion(): string {
  const own = `${version}{$filter}`;
  const wanted = `${baselineMetric('version')}{$filter}`;
  return sumByGroup(`${own} * 0 and on ($identity, version) ${wanted} or ${own} and on ($identity) ${wanted}`);
}

/**
 * Returns 1 for each node that lacks a pinned file or has an additional one, otherwise 0; nothing
 * if no file is pinned.
 */
function compareFiles(which: 'rules' | 'config'): string {
  const files = `falcosecurity_falco_sha256_${which}_files_info{$filter}`;
  const wanted = `${baselineMetric(which)}{$filter}`;
  const own = `count without (file_name, sha256) (${files})`;
  const count = (set: string) => `(count without (file_name, sha256) (${set}) or 0 * ${own})`;
  const extra = count(`${files} unless on ($identity, sha256) ${wanted}`);
  const missing = count(`${wanted} unless on ($identity, sha256) ${files}`);
  return sumByGroup(`clamp_max(${extra} + ${missing}, 1) and on ($identity) ${wanted}`);
}

const judged: Thresholds = {
  direction: 'above',
  warning: 1,
  because: 'The instance differs from the baseline pinned in the settings of the data source.',
  source: links.performance,
};

interface BaselineDrift {
  of: Baseline['setting'];
  title: string;
  what: string;
  how: string;
  metric: string;
  since?: string;
  expr: string;
  advice: Advice;
}

/** Defines what all signals of this kind have in common. */
function defineBaselineDrift({ of, title, what, how, metric, since, expr, advice }: BaselineDrift): Signal {
  return {
    id: `${of}-baseline-drift`,
    title,
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: `Nodes that differ from the pinned ${what}`,
    description: `1 for a node that differs from the ${what} in \`baseline.${of}\` of the data source's settings, otherwise 0. ${how} There is a value only if a baseline is set; without one, use ${of}-drift, which compares nodes with each other. Groups show the number of nodes that differ.`,
    expr,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [
      { ...exportedAlways(metric), ...(since === undefined ? {} : { since }) },
      targetSetting(baselineMetric(of)),
    ],
    thresholds: judged,
    advice: [advice],
    link: links.metrics,
    values: [
      { value: 0, text: 'as pinned', level: 'ok' },
      { value: 1, text: 'differs', level: 'warning' },
    ],
  };
}

export const baseline: Signal[] = [
  defineBaselineDrift({
    of: 'version',
    title: 'Version differs from baseline',
    what: 'Falco version',
    how: 'The whole version is compared, including the patch level.',
    metric: version,
    expr: compareVersion(),
    advice: {
      when: 'The rollout of the pinned version is complete or stuck.',
      change:
        'Check the rollout of the DaemonSet. If the new version is intended, update baseline.version in the settings of the data source.',
      cost: 'During a restart, Falco does not monitor the node for some seconds.',
    },
  }),
  defineBaselineDrift({
    of: 'rules',
    title: 'Rules differ from baseline',
    what: 'rules files',
    how: 'The SHA-256 of every rules file is compared: a changed, missing or additional file counts.',
    metric: 'falcosecurity_falco_sha256_rules_files_info',
    since: '0.39',
    expr: compareFiles('rules'),
    advice: {
      when: 'A node did not receive the pinned rules, or they were changed.',
      change:
        "Find out who changed the files. Restore the node's rules and restart Falco, or pin the new ones in the settings of the data source.",
      cost: 'During a restart, Falco does not monitor the node for some seconds.',
    },
  }),
  defineBaselineDrift({
    of: 'config',
    title: 'Configuration differs from baseline',
    what: 'configuration files',
    how: 'The SHA-256 of falco.yaml and of the files in config_files is compared: a changed, missing or additional file counts.',
    metric: 'falcosecurity_falco_sha256_config_files_info',
    since: '0.39',
    expr: compareFiles('config'),
    advice: {
      when: 'A node did not receive the pinned configuration, or it was changed.',
      change:
        "Find out who changed the files. Restore the node's configuration and restart Falco, or pin the new one in the settings of the data source.",
      cost: 'During a restart, Falco does not monitor the node for some seconds.',
    },
  }),
];

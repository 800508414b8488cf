import { links } from '../links';
import { always, setting } from '../needs';
import { pinned } from '../targets';
import { anyGrouping, total } from '../templates';
import { type Advice, type Baseline, type Signal, type Thresholds } from '../types';

const version = 'falcosecurity_falco_version_info';

/** 1 for each node whose version is not the one that is pinned, else 0; nothing where none is pinned. */
function otherVersion(): string {
  const own = `${version}{$filter}`;
  const wanted = `${pinned('version')}{$filter}`;
  return total(`${own} * 0 and on ($identity, version) ${wanted} or ${own} and on ($identity) ${wanted}`);
}

/** 1 for each node that lacks one of the pinned files or has another one besides, else 0; nothing where none is pinned. */
function otherFiles(which: 'rules' | 'config'): string {
  const files = `falcosecurity_falco_sha256_${which}_files_info{$filter}`;
  const wanted = `${pinned(which)}{$filter}`;
  const own = `count without (file_name, sha256) (${files})`;
  const count = (set: string) => `(count without (file_name, sha256) (${set}) or 0 * ${own})`;
  const extra = count(`${files} unless on ($identity, sha256) ${wanted}`);
  const missing = count(`${wanted} unless on ($identity, sha256) ${files}`);
  return total(`clamp_max(${extra} + ${missing}, 1) and on ($identity) ${wanted}`);
}

const judged: Thresholds = {
  direction: 'above',
  warning: 1,
  because: 'It is not what was pinned in the settings of the data source.',
  source: links.performance,
};

interface OffBaseline {
  of: Baseline['setting'];
  title: string;
  what: string;
  how: string;
  metric: string;
  since?: string;
  expr: string;
  advice: Advice;
}

/** What all signals of this kind have in common. */
function offBaseline({ of, title, what, how, metric, since, expr, advice }: OffBaseline): Signal {
  return {
    id: `${of}-baseline-drift`,
    title,
    dimension: 'continuity',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: `Nodes whose ${what} not what the settings pin`,
    description: `1 for a node whose ${what} not what \`baseline.${of}\` in the settings of the data source says, else 0. ${how} There is a figure only where it is pinned; without that, nodes are held against each other (${of}-drift). A group of nodes shows how many of them are off.`,
    expr,
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [{ ...always(metric), ...(since === undefined ? {} : { since }) }, setting(pinned(of))],
    thresholds: judged,
    advice: [advice],
    link: links.metrics,
    values: [
      { value: 0, text: 'as pinned', level: 'ok' },
      { value: 1, text: 'off', level: 'warning' },
    ],
  };
}

export const baseline: Signal[] = [
  offBaseline({
    of: 'version',
    title: 'Version off baseline',
    what: 'version of Falco is',
    how: 'The whole version is compared, patch level included.',
    metric: version,
    expr: otherVersion(),
    advice: {
      when: 'The roll-out of the pinned version is over, or stands still.',
      change:
        'Look at the roll-out of the DaemonSet; where the new version is wanted, raise baseline.version in the settings of the data source.',
      cost: 'A restart leaves each node unwatched for some seconds.',
    },
  }),
  offBaseline({
    of: 'rules',
    title: 'Rules off baseline',
    what: 'rules files are',
    how: 'The SHA-256 of every rules file is compared: one that is changed, missing or extra counts.',
    metric: 'falcosecurity_falco_sha256_rules_files_info',
    since: '0.39',
    expr: otherFiles('rules'),
    advice: {
      when: 'A node did not get the pinned rules, or somebody changed them.',
      change:
        'Find out who changed the files; bring the node’s rules back and restart Falco, or pin the new ones in the settings of the data source.',
      cost: 'A restart leaves the node unwatched for some seconds.',
    },
  }),
  offBaseline({
    of: 'config',
    title: 'Settings off baseline',
    what: 'settings files are',
    how: 'The SHA-256 of falco.yaml and of what config_files names is compared: a file that is changed, missing or extra counts.',
    metric: 'falcosecurity_falco_sha256_config_files_info',
    since: '0.39',
    expr: otherFiles('config'),
    advice: {
      when: 'A node did not get the pinned settings, or somebody changed them.',
      change:
        'Find out who changed the files; bring the node’s settings back and restart Falco, or pin the new ones in the settings of the data source.',
      cost: 'A restart leaves the node unwatched for some seconds.',
    },
  }),
];

import { links } from '../links';
import { noMatchYet, orRuleCountersOff } from '../needs';
import { priorities, rulesMatches } from '../rules';
import { anyGrouping, increaseFromZero, withLabel, divide, sumByGroup } from '../templates';
import { type Signal } from '../types';

/** MITRE ATT&CK tactics as Falco's rules spell them in their tags. */
const tactics = [
  'reconnaissance',
  'resource_development',
  'initial_access',
  'execution',
  'persistence',
  'privilege_escalation',
  'defense_evasion',
  'credential_access',
  'discovery',
  'lateral_movement',
  'collection',
  'command_and_control',
  'exfiltration',
  'impact',
];

const spread =
  'Do not add up points with overlapping windows. The count is extrapolated to the ends of the window and may not be a whole number.';
const first =
  'The counter of a rule appears with its first match, which counts if the target was up when the window began.';

const count = increaseFromZero(rulesMatches);
const words = Object.entries(priorities).reduce(
  (vector, [digit, word]) => `label_replace(${vector}, "priority", "${word}", "priority", "${digit}")`,
  count
);
const untagged = tactics.map((tactic) => `tag_mitre_${tactic}=""`).join(',');
const byTactic = [
  ...tactics.map((tactic) =>
    withLabel(increaseFromZero(rulesMatches, { matchers: `tag_mitre_${tactic}="true"` }), 'tactic', tactic)
  ),
  withLabel(increaseFromZero(rulesMatches, { matchers: untagged }), 'tactic', 'none'),
].join(' or ');

interface Matches {
  id: string;
  title: string;
  summary: string;
  description: string;
  by: string;
  expr: string;
}

function defineMatches({ id, title, summary, description, by, expr }: Matches): Signal {
  return {
    id,
    title,
    dimension: 'security',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary,
    description: `${description} ${first} ${spread} Groups show the sum.`,
    expr,
    groupBy: { default: [by], allowed: [...anyGrouping, ...(by === 'rule_name' ? ['priority', 'source'] : [])] },
    needs: [],
    addsHostEvents: true,
    advice: [],
    link: links.rules,
    noValueReason: noMatchYet,
  };
}

export const matches: Signal[] = [
  defineMatches({
    id: 'matches-by-rule',
    title: 'Matches by rule',
    summary: 'How often each rule matched within the window',
    description:
      "Matches as counted by Falco's engine, before any output. Rules without a match have no series. Falco encodes the priority as a digit from 0 (emergency) to 7 (debug).",
    by: 'rule_name',
    expr: sumByGroup(count),
  }),
  defineMatches({
    id: 'matches-by-priority',
    title: 'Matches by priority',
    summary: 'How often rules of each priority matched within the window',
    description:
      "Falco's digit as a word, from 0 (emergency) to 7 (debug). Falcosidekick counts its digits in the opposite direction, and they are not used here.",
    by: 'priority',
    expr: sumByGroup(words),
  }),
  defineMatches({
    id: 'matches-by-source',
    title: 'Matches by source',
    summary: 'How often rules of each event source matched within the window',
    description:
      'The source syscall stands for kernel events; plugins provide others, such as k8s_audit and aws_cloudtrail.',
    by: 'source',
    expr: sumByGroup(count),
  }),
  defineMatches({
    id: 'matches-by-tag',
    title: 'Matches by tactic',
    summary: 'How often rules tagged with each MITRE ATT&CK tactic matched within the window',
    description:
      'Falco creates a label for every tag, and PromQL cannot list label names. The signal covers the 14 tactics of MITRE ATT&CK, and none for rules without one. A rule with two tactics counts in both. Use PromQL for other tags, such as rules_matches_total{tag_<name>="true"}.',
    by: 'tactic',
    expr: sumByGroup(byTactic),
  }),
  {
    id: 'noisiest-rules-ratio',
    title: 'Noisiest rules',
    dimension: 'security',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of all matches caused by the five noisiest rules',
    description: `Matches of the five rules with the most matches within the window, divided by all matches. If it is near 100 % and there are many matches, exceptions for a few rules reduce the alerts of every output; noise hides real alerts. ${first} With five rules or fewer it is always 100 %.`,
    expr: divide(
      `sum by ($groupBy) (topk by ($groupBy) (5, sum by (rule_name, $groupBy) (${count}$join)))`,
      `sum by ($groupBy) (${count}$join)`
    ),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [],
    advice: [
      {
        when: 'A few rules cause most of the noise.',
        change: 'Add exceptions to them or make their conditions stricter; matches-by-rule shows which they are.',
        cost: 'Falco no longer reports what the exceptions cover.',
      },
    ],
    link: links.rules,
    noValueReason: `No rule matched within the window, ${orRuleCountersOff}`,
  },
];

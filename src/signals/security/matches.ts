import { links } from '../links';
import { noMatchYet, orOff } from '../needs';
import { priorities, rulesMatches } from '../rules';
import { anyGrouping, counted, named, share, total } from '../templates';
import { type Signal } from '../types';

/** The tactics of MITRE ATT&CK as Falco's rules spell them in their tags. */
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
  'Points whose windows overlap must not be added up, and the count is spread to the ends of the window, so that it may differ from a whole number.';
const first =
  'A rule’s counter appears with its first match; that match counts when the target was up at the beginning of the window.';

const count = counted(rulesMatches);
const words = Object.entries(priorities).reduce(
  (vector, [digit, word]) => `label_replace(${vector}, "priority", "${word}", "priority", "${digit}")`,
  count
);
const untagged = tactics.map((tactic) => `tag_mitre_${tactic}=""`).join(',');
const byTactic = [
  ...tactics.map((tactic) =>
    named(counted(rulesMatches, { matchers: `tag_mitre_${tactic}="true"` }), 'tactic', tactic)
  ),
  named(counted(rulesMatches, { matchers: untagged }), 'tactic', 'none'),
].join(' or ');

interface Matches {
  id: string;
  title: string;
  summary: string;
  description: string;
  by: string;
  expr: string;
}

function matched({ id, title, summary, description, by, expr }: Matches): Signal {
  return {
    id,
    title,
    dimension: 'security',
    unit: 'locale',
    decimals: 0,
    min: 0,
    summary,
    description: `${description} ${first} ${spread} A group shows its sum.`,
    expr,
    groupBy: { default: [by], allowed: [...anyGrouping, ...(by === 'rule_name' ? ['priority', 'source'] : [])] },
    needs: [],
    advice: [],
    link: links.rules,
    noValueReason: noMatchYet,
  };
}

export const matches: Signal[] = [
  matched({
    id: 'matches-by-rule',
    title: 'Matches by rule',
    summary: 'How often each rule matched within the window',
    description:
      'Matches as Falco’s engine counts them, before any output; rules without a match have no series. Falco writes the priority as a digit from 0, emergency, to 7, debug.',
    by: 'rule_name',
    expr: total(count),
  }),
  matched({
    id: 'matches-by-priority',
    title: 'Matches by priority',
    summary: 'How often rules of each priority matched within the window',
    description:
      'Falco’s digit as a word: 0 is emergency and 7 is debug. Falcosidekick’s digits run in the opposite direction and are not used here.',
    by: 'priority',
    expr: total(words),
  }),
  matched({
    id: 'matches-by-source',
    title: 'Matches by source',
    summary: 'How often rules of each event source matched within the window',
    description:
      'The source syscall is the kernel’s events; others are what a plugin provides: k8s_audit, aws_cloudtrail and others.',
    by: 'source',
    expr: total(count),
  }),
  matched({
    id: 'matches-by-tag',
    title: 'Matches by tactic',
    summary: 'How often rules tagged with each MITRE ATT&CK tactic matched within the window',
    description:
      'Falco makes a label of every tag, and PromQL cannot list labels by themselves: so these are the 14 tactics of MITRE ATT&CK, and none for rules with none of them. A rule with two tactics counts in both. Other tags can be asked for with PromQL, as rules_matches_total{tag_<name>="true"}.',
    by: 'tactic',
    expr: total(byTactic),
  }),
  {
    id: 'noisiest-rules-ratio',
    title: 'Noisiest rules',
    dimension: 'security',
    unit: 'percentunit',
    min: 0,
    max: 1,
    summary: 'Share of all matches that the five noisiest rules make',
    description: `Matches of the five rules with the most within the window, divided by all. Near 100 % with many matches, exceptions for a few rules would calm everything that comes after Falco; what drowns in noise is not seen. ${first} With five rules or fewer it is always 100 %.`,
    expr: share(
      `sum by ($groupBy) (topk by ($groupBy) (5, sum by (rule_name, $groupBy) (${count}$join)))`,
      `sum by ($groupBy) (${count}$join)`
    ),
    groupBy: { default: ['$identity'], allowed: anyGrouping },
    needs: [],
    advice: [
      {
        when: 'Few rules make most of the noise.',
        change: 'Add exceptions to them, or raise their bar; matches-by-rule tells which they are.',
        cost: 'What the exceptions cover is no longer reported.',
      },
    ],
    link: links.rules,
    noValueReason: `No rule matched within the window, ${orOff}`,
  },
];

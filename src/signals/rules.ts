import { type RuleTable } from './types';

export const rulesMatches = 'falcosecurity_falco_rules_matches_total';

/** Falco's digits; Falcosidekick's run in the opposite direction. */
export const priorities = {
  '0': 'emergency',
  '1': 'alert',
  '2': 'critical',
  '3': 'error',
  '4': 'warning',
  '5': 'notice',
  '6': 'informational',
  '7': 'debug',
};

export const rules: RuleTable = {
  metric: rulesMatches,
  rule: 'rule_name',
  priority: 'priority',
  priorities,
  source: 'source',
  tagPrefix: 'tag_',
  noValueReason: 'No rule has matched yet, or metrics.rules_counters_enabled is off in falco.yaml',
};

import { type FalcoQuery } from '../../query';

export type QueryType = FalcoQuery['queryType'];

interface QueryTypeOption {
  value: QueryType;
  label: string;
  /** What the query returns, in one line. */
  description: string;
  /** Whether the query returns text, which alert rules cannot evaluate. */
  returnsText?: boolean;
}

export const QUERY_TYPES: readonly QueryTypeOption[] = [
  {
    value: 'signal',
    label: 'Signal',
    description: 'Metrics derived from Falco’s counters, with units and thresholds.',
  },
  { value: 'health', label: 'Health', description: 'Verdicts on each node, with the cause and what to change.' },
  {
    value: 'inventory',
    label: 'Inventory',
    description: 'What runs on each node: version, engine, rules and settings. Differences are highlighted.',
    returnsText: true,
  },
  {
    value: 'rules',
    label: 'Rules',
    description: 'Falco rules that matched: how often, on which nodes and with which priority.',
    returnsText: true,
  },
  {
    value: 'events',
    label: 'Events',
    description: 'What happened and when: restarts, reloads, changes and bursts of drops.',
    returnsText: true,
  },
  {
    value: 'impact',
    label: 'Impact',
    description: 'What each change of Falco did to the nodes and to Falco’s own cost, compared with unchanged nodes.',
  },
  { value: 'promql', label: 'PromQL', description: 'Any PromQL expression on the metrics of Falco and Falcosidekick.' },
];

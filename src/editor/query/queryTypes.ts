import { t, verbatim } from '../../i18n';
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

export const listQueryTypes = (): QueryTypeOption[] => [
  {
    value: 'signal',
    label: t('type.signal', 'Signal'),
    description: t('type.signal-help', 'Metrics derived from Falco’s counters, with units and thresholds.'),
  },
  {
    value: 'health',
    label: t('type.health', 'Health'),
    description: t('type.health-help', 'Verdicts on each node, with the cause and what to change.'),
  },
  {
    value: 'inventory',
    label: t('type.inventory', 'Inventory'),
    description: t(
      'type.inventory-help',
      'What runs on each node: version, engine, rules and settings. Differences are highlighted.'
    ),
    returnsText: true,
  },
  {
    value: 'rules',
    label: t('type.rules', 'Rules'),
    description: t('type.rules-help', 'Falco rules that matched: how often, on which nodes and with which priority.'),
    returnsText: true,
  },
  {
    value: 'events',
    label: t('type.events', 'Events'),
    description: t('type.events-help', 'What happened and when: restarts, reloads, changes and bursts of drops.'),
    returnsText: true,
  },
  {
    value: 'impact',
    label: t('type.impact', 'Impact'),
    description: t(
      'type.impact-help',
      'What each change of Falco did to the nodes and to Falco’s own cost, compared with unchanged nodes.'
    ),
  },
  {
    value: 'promql',
    label: verbatim('PromQL'),
    description: t('type.promql-help', 'Any PromQL expression on the metrics of Falco and Falcosidekick.'),
  },
];

import { type FalcoQuery } from '../../query';

export type Kind = FalcoQuery['queryType'];

interface KindOption {
  value: Kind;
  label: string;
  /** One line: what the answer is. */
  description: string;
  /** Alert rules compare numbers; these kinds have none. */
  onlyWords?: boolean;
}

export const KINDS: readonly KindOption[] = [
  { value: 'signal', label: 'Signal', description: 'Figures about Falco that are worked out for you.' },
  { value: 'health', label: 'Health', description: 'Each node, judged: what is wrong, and what to change.' },
  {
    value: 'inventory',
    label: 'Inventory',
    description: 'What runs on each node: version, engine, rules, switches; the odd ones out are marked.',
    onlyWords: true,
  },
  {
    value: 'rules',
    label: 'Rules',
    description: 'Falco’s rules that matched: how often, where, how urgent.',
    onlyWords: true,
  },
  {
    value: 'events',
    label: 'Events',
    description: 'What happened, and when: restarts, reloads, changes, bursts of drops.',
    onlyWords: true,
  },
  { value: 'promql', label: 'PromQL', description: 'Any expression over what Falco exports.' },
];

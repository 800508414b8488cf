import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { page } from './page';
import { barsPanel, rulesPanel, seriesPanel, statesPanel, statPanel, tablePanel } from './panels';
import { checksOf, columns, signals, tableOf, verdict, worst } from './queries';

export const uid = 'falco-security';

const capability = [
  'source-up',
  'stalled',
  'blind-time',
  'kernel-drop-ratio',
  'rules-drift',
  'silent-rules',
  'noisiest-rules-ratio',
  'rule-match-rate',
];

const inRange = { window: '$__range', instant: true };

export function security(): Dashboard {
  return page({
    uid,
    title: 'Falco security capability',
    description: 'Are the right rules loaded, do they fire, is an instance blind or stalled?',
    groups: [
      {
        id: 1,
        help: 'A Falco **sees** when its sources deliver and it reads them, and **detects** when the right rules are loaded and what reaches it is whole. Silence alone proves neither: set off a canary rule now and then (dashboard of delivery).',
        panels: [
          statPanel(
            {
              id: 3,
              title: 'Security',
              description: 'The worst verdict of all checks of the security capability over the chosen nodes.',
              w: 4,
              h: 4,
            },
            verdict(checksOf('security'))
          ),
          statPanel(
            {
              id: 4,
              title: 'Blind time',
              description:
                'Time in the range in which Falcos answered and yet read no events, all nodes added up. Anything above 0 is a gap in what was watched.',
              w: 5,
              h: 4,
            },
            signals(['blind-time'], { groupBy: [], ...inRange })
          ),
          statPanel(
            {
              id: 5,
              title: 'Matches',
              description: 'How often rules matched in the range, over all chosen nodes.',
              w: 5,
              h: 4,
            },
            signals(['matches-by-rule'], { groupBy: [], ...inRange })
          ),
          statPanel(
            {
              id: 6,
              title: 'Five noisiest rules',
              description:
                'Share of all matches that five rules make. Near 100 % those five drown the others: tune them, or their alerts will be muted together with the rest.',
              w: 5,
              h: 4,
            },
            signals(['noisiest-rules-ratio'], { groupBy: [], ...inRange })
          ),
          statPanel(
            {
              id: 7,
              title: 'Silent since start',
              description:
                'Rules that matched on a node within the range, but not since its Falco last started or reloaded. A few are chance; many are rules that no longer load.',
              w: 5,
              h: 4,
            },
            signals(['silent-rules'], { groupBy: [], ...inRange })
          ),
          tablePanel(
            {
              id: 8,
              title: 'Nodes',
              description:
                'Every node over the range: sources that deliver, stalled and blind time, loss, rules that differ from most, silent and noisy rules. An empty cell cannot be known there: the sign at the title says why.',
              w: 24,
              h: 10,
            },
            columns(capability, { window: '$__range', groupBy: ['$identity'] }),
            'Blind time'
          ),
          statesPanel(
            {
              id: 9,
              title: 'Sources alive',
              description:
                'The ten sources that were silent longest in this range, by node. Red: not one event came in from it within the window. A gap: Falco was down.',
              w: 12,
              h: 8,
            },
            worst('source-up', 10, { groupBy: ['$identity', 'evt_source'], legendFormat: '{{node}} {{evt_source}}' })
          ),
          statesPanel(
            {
              id: 10,
              title: 'Stalled',
              description:
                'The ten nodes that were stalled longest in this range. Red: Falco answers, and hardly any event reaches its rules.',
              w: 12,
              h: 8,
            },
            worst('stalled', 10)
          ),
        ],
      },
      {
        id: 20,
        title: 'What the rules found',
        help: 'Falco exports a rule from its **first match** on: a rule that is missing here was never matched since the start, or is not loaded, which its endpoint does not tell. Rules files are compared under *Fleet and drift*.',
        panels: [
          rulesPanel(
            {
              id: 22,
              title: 'Rules',
              description:
                'Every rule that was exported in the range, the noisiest first, with its matches over all chosen nodes and the nodes that had any. Silent: known, but without a match in this range.',
              w: 24,
              h: 11,
            },
            tableOf('rules')
          ),
          barsPanel(
            {
              id: 23,
              title: 'By priority',
              description:
                'Matches in the range by Falco’s priority. Much of critical, alert or emergency wants a person; much of notice wants tuning.',
              w: 8,
              h: 8,
            },
            signals(['matches-by-priority'], { ...inRange, legendFormat: '{{priority}}' })
          ).noValue('No rule matched in this range.'),
          barsPanel(
            {
              id: 24,
              title: 'By source',
              description: 'Matches in the range by where the events came from: system calls or a plugin.',
              w: 8,
              h: 8,
            },
            signals(['matches-by-source'], { ...inRange, legendFormat: '{{source}}' })
          ).noValue('No rule matched in this range.'),
          barsPanel(
            {
              id: 25,
              title: 'By tactic',
              description:
                'Matches in the range by the MITRE ATT&CK tactic that rules are tagged with. A rule with two tactics counts in both, one without any in none.',
              w: 8,
              h: 8,
            },
            signals(['matches-by-tag'], { ...inRange, legendFormat: '{{tactic}}' })
          ).noValue('No rule with a tactic matched in this range.'),
          seriesPanel(
            {
              id: 26,
              title: 'Noisiest rules',
              description:
                'Matches per second of the ten rules that matched most in this range, over all chosen nodes. A step that stays is a new workload or a changed rule; a peak is worth a look.',
              w: 24,
              h: 8,
            },
            [worst('rule-match-rate', 10, { groupBy: ['rule_name'], legendFormat: '{{rule_name}}' })]
          ).noValue('No rule matched in this range.'),
        ],
      },
    ],
  }).build();
}

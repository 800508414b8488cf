import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardLink } from './links';
import { page } from './page';
import { barsPanel, linked, tablePanel, seriesPanel, statesPanel, statPanel } from './panels';
import { checksOf, columns, signals, tableOf, worst } from './queries';

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
    description: 'Are the right rules loaded, do they match, is an instance blind or stalled?',
    step: 'dimension',
    groups: [
      {
        id: 1,
        help: 'Falco **sees** events if its sources deliver them and it processes them. It **detects** threats if the right rules are loaded and no events are lost. Silence proves neither: trigger a canary rule regularly. Tiles, tables and bars cover **the time range**; checks name their own.',
        panels: [
          linked(
            statPanel(
              {
                id: 4,
                title: 'Blind time',
                description:
                  'Time in the range in which Falco responded but processed no events, summed over all nodes. Anything above 0 is a monitoring gap.',
                w: 6,
                h: 3,
              },
              signals(['blind-time'], { groupBy: [], ...inRange })
            ),
            dashboardLink('Open loss report', 'falco-loss-report'),
            'blind-time'
          ),
          linked(
            statPanel(
              {
                id: 5,
                title: 'Rule matches',
                description: 'Number of rule matches in the range, over all selected nodes.',
                w: 6,
                h: 3,
              },
              signals(['matches-by-rule'], { groupBy: [], ...inRange })
            ),
            dashboardLink('Open delivery', 'falco-delivery'),
            'matches-by-rule'
          ),
          linked(
            statPanel(
              {
                id: 6,
                title: 'Share of top five',
                description:
                  'Share of all matches caused by the five noisiest rules. Near 100 %, these five hide the others: tune them, before their alerts are muted together with the rest.',
                w: 6,
                h: 3,
              },
              signals(['noisiest-rules-ratio'], { groupBy: [], ...inRange })
            ),
            dashboardLink('Open delivery', 'falco-delivery'),
            'noisiest-rules-ratio'
          ),
          linked(
            statPanel(
              {
                id: 7,
                title: 'Silent rules',
                description:
                  'Rules that matched on a node within the range, but not since Falco last started or reloaded. A few are chance; many are rules that no longer load.',
                w: 6,
                h: 3,
              },
              signals(['silent-rules'], { groupBy: [], ...inRange })
            ),
            dashboardLink('Open fleet and drift', 'falco-fleet'),
            'silent-rules'
          ),
          tablePanel(
            {
              id: 3,
              title: 'Checks',
              description: 'Each security check over all selected nodes, worst first. Unknown checks give the reason.',
              w: 24,
              h: 8,
            },
            tableOf('health', { signals: checksOf('security'), groupBy: ['check'] })
          ),
          tablePanel(
            {
              id: 8,
              title: 'Nodes',
              description:
                'All nodes over the range: active sources, stalled and blind time, loss, rules drift, silent and noisy rules. Unknown: see the panel’s notice for the reason.',
              w: 24,
              h: 11,
            },
            columns(capability, { window: '$__range', groupBy: ['$identity'] }),
            'Blind time'
          ),
          statesPanel(
            {
              id: 9,
              title: 'Source up',
              description:
                'The ten sources, by node, that were silent longest in this range. Red: the source delivered no event within the window. Gaps: Falco was down.',
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
                'The ten nodes that were stalled longest in this range. Red: Falco responds, but hardly any event reaches its rules.',
              w: 12,
              h: 8,
            },
            worst('stalled', 10)
          ),
          seriesPanel(
            {
              id: 11,
              title: 'Tracked containers',
              description:
                'Containers that Falco knows, for the ten nodes with the fewest. 0 on a node that runs containers: rules on containers do not match, and alerts lack the names of containers and pods.',
              w: 24,
              h: 7,
            },
            [worst('tracked-containers', 10)]
          ),
        ],
      },
      {
        id: 20,
        title: 'Rule matches',
        help: 'Falco exports a rule from its **first match** on: a missing rule has not matched since the start, or is not loaded, which Falco does not export. *Fleet and drift* compares rules files.',
        panels: [
          tablePanel(
            {
              id: 22,
              title: 'Rules',
              description:
                'Every rule that was exported in the range, noisiest first, with its matches over all selected nodes and the nodes with matches. Silent: known, but without a match in this range.',
              w: 24,
              h: 11,
            },
            tableOf('rules')
          ),
          barsPanel(
            {
              id: 23,
              title: 'Matches by priority',
              description:
                'Matches in the range by Falco’s priority. Investigate critical, alert and emergency; tune rules with many notices.',
              w: 8,
              h: 8,
            },
            signals(['matches-by-priority'], { ...inRange, legendFormat: '{{priority}}' })
          ).noValue('No rule matched in this range.'),
          barsPanel(
            {
              id: 24,
              title: 'Matches by source',
              description: 'Matches in the range by event source: syscalls or a plugin.',
              w: 8,
              h: 8,
            },
            signals(['matches-by-source'], { ...inRange, limit: 20, legendFormat: '{{source}}' })
          ).noValue('No rule matched in this range.'),
          barsPanel(
            {
              id: 25,
              title: 'Matches by tactic',
              description:
                'Matches in the range by the MITRE ATT&CK tactic in the rule’s tags. A rule with two tactics counts in both, one without any in none.',
              w: 8,
              h: 8,
            },
            signals(['matches-by-tag'], { ...inRange, limit: 20, legendFormat: '{{tactic}}' })
          ).noValue('No rule with a tactic matched in this range.'),
          seriesPanel(
            {
              id: 26,
              title: 'Noisiest rules',
              description:
                'Matches per hour of the ten rules that matched most in this range, over all selected nodes. A step that stays is a new workload or a changed rule; investigate peaks.',
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

import { links } from '../links';
import { kernelCounter, orRuleCountersOff } from '../needs';
import { rulesMatches } from '../rules';
import { anyGrouping, increaseFromZero, withLabel, sumByGroup } from '../templates';
import { type Signal } from '../types';

const events = 'falcosecurity_scap_n_evts_total';
const engines = 'falcosecurity_scap_engine_name_info';

const seen = `last_over_time(${rulesMatches}{$filter}[$window])`;
const now = `${rulesMatches}{$filter}`;
const answers = 'and on ($identity) up == 1';
const silent = `(${seen} * 0 + 1 unless on ($identity, rule_name) ${now} or ${now} * 0) ${answers}`;

const ofPlugins = `clamp_max(${increaseFromZero(rulesMatches, { matchers: 'source!="syscall"', unfiltered: true })} > 0, 1)`;
const plugins = `label_replace(${ofPlugins} and on ($identity) ${engines}{$filter}, "evt_source", "$1", "source", "(.+)")`;
// A longer window would hide that no events arrive now.
const kernel = withLabel(`(rate(${events}{$filter}[5m]) > bool 0)`, 'evt_source', 'syscall');

export const watch: Signal[] = [
  {
    id: 'silent-rules',
    title: 'Silent rules',
    dimension: 'security',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Rules that matched on the node within the window, but not since Falco last started or reloaded',
    description:
      'Rules whose counter existed within the window but has not reappeared since the start. Use a window of at least a day that begins before the start. It may be chance, but a rule that used to match every hour and is silent after a change may have been removed, changed, or lost its events to base_syscalls. Rules that have never matched are unknown, because Falco does not list them. 0 if every rule seen has matched again. Groups show the sum.',
    expr: sumByGroup(silent),
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'rule_name'] },
    needs: [],
    advice: [
      {
        when: 'A rule that matched often is silent after a change of rules or configuration.',
        change:
          'Trigger the rule manually, or with the event generator of the Falco project; see rules-drift, hot-reload-failures and base_syscalls.custom_set.',
        cost: 'None.',
      },
    ],
    link: links.rules,
    noValueReason: `No rule matched within the window, ${orRuleCountersOff}`,
  },
  {
    id: 'source-up',
    title: 'Source up',
    dimension: 'security',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: 'Whether events arrive from each source: 1 yes, 0 none for five minutes',
    description:
      'For the source syscall: whether the driver handled any event within the last five minutes, whatever the window. Other sources come from plugins, whose events Falco does not count: such a source is 1 if one of its rules matched within the window and has no value otherwise, because silence cannot be told from failure. Events that the driver handled may still be lost: see stalled. Groups show 0 if one of their nodes has a silent source.',
    expr: `min by ($groupBy) ((${kernel} or ${plugins})$join)`,
    groupBy: { default: ['$identity', 'evt_source'], allowed: anyGrouping },
    needs: [kernelCounter(events)],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'A running system always makes syscalls: without any event, Falco is blind.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'The source syscall is silent.',
        change:
          'Restart Falco and check in its log that the driver was loaded. Check base_syscalls.custom_set and engine.kind.',
        cost: 'Falco does not monitor the node for some seconds.',
      },
    ],
    link: links.metrics,
    noValueReason: 'Its sources are plugins, and none of their rules matched within the window',
    values: [
      { value: 0, text: 'silent', level: 'critical' },
      { value: 1, text: 'alive', level: 'ok' },
    ],
  },
];

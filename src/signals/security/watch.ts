import { links } from '../links';
import { kernelCounter, orOff } from '../needs';
import { rulesMatches } from '../rules';
import { anyGrouping, counted, named, total } from '../templates';
import { type Signal } from '../types';

const events = 'falcosecurity_scap_n_evts_total';
const engines = 'falcosecurity_scap_engine_name_info';

const seen = `last_over_time(${rulesMatches}{$filter}[$window])`;
const now = `${rulesMatches}{$filter}`;
const answers = 'and on ($identity) up == 1';
const silent = `(${seen} * 0 + 1 unless on ($identity, rule_name) ${now} or ${now} * 0) ${answers}`;

const ofPlugins = `clamp_max(${counted(rulesMatches, { matchers: 'source!="syscall"', unfiltered: true })} > 0, 1)`;
const plugins = `label_replace(${ofPlugins} and on ($identity) ${engines}{$filter}, "evt_source", "$1", "source", "(.+)")`;
// Over a longer window, what was before would hide that nothing comes in now.
const kernel = named(`(rate(${events}{$filter}[5m]) > bool 0)`, 'evt_source', 'syscall');

export const watch: Signal[] = [
  {
    id: 'silent-rules',
    title: 'Silent rules',
    dimension: 'security',
    unit: 'short',
    decimals: 0,
    min: 0,
    summary: 'Rules that matched on the node within the window, but not since its Falco last started or reloaded',
    description:
      'Rules whose counter was there within the window and has not come back since the start. Choose a window of a day or more that reaches back before the start. It may be chance; a rule that used to match every hour and stays silent after a change was perhaps taken out, changed, or lost its events to base_syscalls. Rules that have never matched are not known here: Falco does not list them. 0 where every rule seen has matched again. A group of nodes shows its sum.',
    expr: total(silent),
    groupBy: { default: ['$identity'], allowed: [...anyGrouping, 'rule_name'] },
    needs: [],
    advice: [
      {
        when: 'A rule that used to match often is silent after a change of rules or settings.',
        change:
          'Set the rule off by hand, or with the event generator of the Falco project; see rules-drift, hot-reload-failures and base_syscalls.custom_set.',
        cost: 'None.',
      },
    ],
    link: links.rules,
    noValueReason: `No rule matched within the window, ${orOff}`,
  },
  {
    id: 'source-up',
    title: 'Source up',
    dimension: 'security',
    unit: 'short',
    decimals: 0,
    min: 0,
    max: 1,
    summary: 'Whether events come in from each source: 1 they do, 0 none for five minutes',
    description:
      'For the source syscall, whether the driver handled any event within the last five minutes, whatever the window. Other sources come from plugins, of whose events Falco exports no count: such a source is 1 when one of its rules matched within the window, and has no figure otherwise, since nobody can tell silence from failure then. Events that the driver handles may still be lost on the way: see stalled. A group of nodes shows 0 as soon as one of them has a silent source.',
    expr: `min by ($groupBy) ((${kernel} or ${plugins})$join)`,
    groupBy: { default: ['$identity', 'evt_source'], allowed: anyGrouping },
    needs: [kernelCounter(events)],
    thresholds: {
      direction: 'below',
      critical: 1,
      because: 'A running system always makes system calls: without a single event Falco is blind.',
      source: links.dropping,
    },
    advice: [
      {
        when: 'The source syscall is silent.',
        change:
          'Restart Falco and read in its log whether the driver was loaded; see base_syscalls.custom_set and engine.kind.',
        cost: 'The node is unwatched for some seconds.',
      },
    ],
    link: links.metrics,
    noValueReason: 'Its sources are plugins, none of whose rules matched within the window',
    values: [
      { value: 0, text: 'silent', level: 'critical' },
      { value: 1, text: 'alive', level: 'ok' },
    ],
  },
];

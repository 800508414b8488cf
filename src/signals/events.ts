import { drops, events as kernelEvents } from './data-quality/kernel';
import { scraping } from './scraping';
import { store } from './store';
import { divide, falcoUp, rate } from './templates';
import { type EventKind } from './types';

const started = 'falcosecurity_falco_start_timestamp_nanoseconds';
const reloaded = 'falcosecurity_falco_reload_timestamp_nanoseconds';

const lost = divide(`sum by ($groupBy) (${rate(drops)})`, `sum by ($groupBy) (${rate(kernelEvents)})`);

const during = (fn: string, metric: string): string => `max by ($groupBy) (${fn}(${metric}{$filter}[$window]))`;
const { metric: counter, start, reload } = store.counterDips;
const fallsWithoutRestart = `(${during('resets', counter)} > bool 0) * (${during('changes', start)} == bool 0) unless (${during('changes', reload)} > 0)`;

const older = `falcosecurity_falco_version_info{version=~"${scraping.snapshot.olderVersions}",$filter}`;
const crashedWhileScraped = `${during('changes', scraping.targetCounters.crashesWhileScraped)} and on ($identity) ${older}`;

export const events: EventKind[] = [
  {
    id: 'restart',
    title: 'Restart',
    find: 'change',
    metric: started,
    time: 'nanoseconds',
    text: 'Falco restarted on {{node}}.',
    level: 'warning',
  },
  {
    id: 'reload',
    title: 'Hot reload',
    find: 'change',
    metric: reloaded,
    time: 'nanoseconds',
    unless: started,
    text: 'Falco on {{node}} reloaded its rules and configuration. Its counters restarted at 0.',
    level: 'info',
  },
  {
    id: 'version',
    title: 'Version change',
    find: 'label',
    metric: 'falcosecurity_falco_version_info',
    label: 'version',
    text: 'Falco on {{node}} changed from version {{from}} to {{to}}.',
    level: 'info',
  },
  {
    id: 'engine',
    title: 'Engine change',
    find: 'label',
    metric: 'falcosecurity_scap_engine_name_info',
    label: 'engine_name',
    text: 'Falco on {{node}} changed from engine {{from}} to {{to}}.',
    level: 'warning',
  },
  {
    id: 'kernel',
    title: 'Kernel change',
    find: 'label',
    metric: 'falcosecurity_falco_kernel_release_info',
    label: 'kernel_release',
    text: 'The kernel of {{node}} changed from {{from}} to {{to}}.',
    level: 'info',
  },
  {
    id: 'rules',
    title: 'Rules change',
    find: 'label',
    metric: 'falcosecurity_falco_sha256_rules_files_info',
    label: 'sha256',
    text: 'The rules files of {{node}} changed.',
    level: 'info',
  },
  {
    id: 'config',
    title: 'Configuration change',
    find: 'label',
    metric: 'falcosecurity_falco_sha256_config_files_info',
    label: 'sha256',
    text: 'The configuration files of {{node}} changed.',
    level: 'info',
  },
  {
    id: 'counter-dip',
    title: 'Counters fell',
    find: 'above',
    // Scrape mode replaces such samples and counts them; a Prometheus server has stored them.
    expr: `(${during('changes', scraping.targetCounters.counterDips)}) > 0 or (${fallsWithoutRestart})`,
    bound: 0.5,
    text: `Counters of Falco on {{node}} fell without a restart. ${store.counterDips.cause}`,
    level: 'warning',
  },
  {
    id: 'crash-while-scraped',
    title: 'Crash while scraped',
    find: 'above',
    expr: crashedWhileScraped,
    bound: 0.5,
    text: `Falco on {{node}} may have crashed while being scraped (fixed in ${scraping.snapshot.since}): a response was cut off, and Falco has a new start time.`,
    level: 'warning',
  },
  {
    id: 'sidekick-restart',
    title: 'Falcosidekick restart',
    find: 'above',
    expr: `max by ($groupBy) (changes(${scraping.processStartMetric}{$filter}[$window]) and on ($identity) up{kind="falcosidekick",$filter})`,
    bound: 0.5,
    text: 'Falcosidekick {{node}} restarted. Alerts sent meanwhile are lost.',
    level: 'warning',
  },
  {
    id: 'drops',
    title: 'Drop burst',
    find: 'above',
    expr: lost,
    bound: 0.1,
    unit: 'percentunit',
    text: 'Falco on {{node}} dropped more than 10 % of its events ({{value}}). At this level Falco raises its own drop alert.',
    level: 'critical',
  },
  {
    id: 'down',
    title: 'Falco down',
    find: 'above',
    expr: `max by ($groupBy) (${falcoUp} == bool 0)`,
    bound: 0.5,
    text: 'Falco on {{node}} does not respond.',
    level: 'critical',
  },
  {
    id: 'back',
    title: 'Falco up again',
    find: 'above',
    expr: `min by ($groupBy) (${falcoUp})`,
    bound: 0.5,
    text: 'Falco on {{node}} responds again.',
    level: 'info',
  },
  {
    id: 'data-start',
    title: 'Data starts',
    find: 'history',
    text: 'Earlier values are unknown: the history is kept in memory and starts here.',
    level: 'info',
  },
];

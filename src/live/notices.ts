import { type QueryResultMetaNotice } from '@grafana/data';
import { t } from '../i18n';
import { printDuration } from '../signals/window';
import { type Reasons, type Target, type TargetStatus, type Trouble } from './BackendClient';
import { type CompiledQuery } from './CompiledQuery';
import { type FrameResult } from './frames/result';
import { type Tick } from './ScrapePoller';

import { TargetNames } from './TargetNames';

/** The state of a live query that its notices describe. */
export interface QueryState {
  compiled: CompiledQuery;
  tick: Tick;
  results: FrameResult[];
  /** Why there are no results. */
  error?: string;
  /** Prometheus's annotations on the expression, if a user wrote it. */
  annotations: string[];
  /** When rates switched to the live window, in milliseconds, if that moment is visible. */
  switchedAt?: number;
  /** Targets whose samples do not reach back as far as the windows of visible rates. */
  shortHistory: string[];
  /** The history has been requested and has not arrived yet. */
  isFilling: boolean;
  /** Why the history is missing. */
  historyError?: string;
  reasons: Reasons;
}

const noTargets = 'No target matches the filters of this query. Live updates start automatically when one does.';

/** Responses that take longer than this are reported, in seconds. */
const patienceSeconds = 3;

/**
 * The notices of a panel, or its error when it cannot show anything. Those that the backend writes too have its words, and
 * are not translated.
 */
export function noticesFor(state: QueryState): { notices: QueryResultMetaNotice[]; error?: string } {
  const { compiled, tick, results, error, shortHistory, isFilling, historyError, reasons } = state;
  const targets = tick.targets.filter((target) => compiled.reportsOnTarget(target));
  const names = new TargetNames(targets);
  const troubles = names.notices(
    targets.flatMap((target) => {
      const trouble = troubleOf(tick.statuses.get(target.id));
      return trouble ? [{ target, trouble }] : [];
    })
  );
  const isEmpty = results.every(({ series }) => series.length === 0);
  const allFailed =
    targets.length > 0 && targets.every(({ id }) => !workingStates.includes(tick.statuses.get(id)?.state ?? 'pending'));
  if (error !== undefined || (isEmpty && allFailed)) {
    return { notices: [], error: error ?? troubles.map(({ text }) => text).join(' ') };
  }
  const info = (text: string | undefined | false): QueryResultMetaNotice[] =>
    text ? [{ severity: 'info', text }] : [];
  const shortNames = targets.filter(({ id }) => shortHistory.includes(id)).map((target) => names.nameOf(target));
  return {
    notices: [
      ...troubles.filter(({ severity }) => severity === 'error'),
      ...(tick.failure === undefined ? [] : [{ severity: 'warning' as const, text: stalled(tick.failure) }]),
      ...info(isEmpty && compiled.hasJustStarted ? firstValues(compiled) : undefined),
      ...(isMissingValues(targets, state) ? reasons.missing : []),
      ...troubles.filter(({ severity }) => severity !== 'error'),
      ...reasons.besides,
      ...annotationNotices(state.annotations),
      ...info(dips(targets, names, state)),
      ...info(targets.length === 0 && tick.failure === undefined && noTargets),
      ...info(
        shortNames.length > 0 &&
          !compiled.hasJustStarted &&
          t(
            'live.short-history',
            'Rates are too low at first, because the samples start later than the window: {{targets}}.',
            { targets: names.listFirst(shortNames) }
          )
      ),
      ...info(isFilling && t('live.filling', 'Loading data from before live mode.')),
      ...info(
        historyError &&
          t('live.no-history', 'No data from before live mode: {{error}}', { error: sentence(historyError) })
      ),
      ...info(windowSwitch(state)),
    ],
  };
}

/** How many warnings, and infos, of the evaluator a panel shows. */
const maxAnnotations = 5;

/** Prometheus's annotations in its own words, the same ones as in the backend. */
function annotationNotices(annotations: string[]): QueryResultMetaNotice[] {
  return (['warning', 'info'] as const).flatMap((severity) => {
    const all = annotations.filter((text) => text.startsWith(`PromQL ${severity}: `)).sort();
    const omitted = all.length - maxAnnotations;
    const shown = all.slice(0, maxAnnotations);
    const texts = omitted > 0 ? [...shown, `${omitted} more ${severity} annotations omitted`] : shown;
    return texts.map((text) => ({ severity, text }));
  });
}

const workingStates: Array<TargetStatus['state']> = ['up', 'starting', 'pending'];

function troubleOf(status: TargetStatus | undefined): Trouble | undefined {
  const { trouble, waiting = 0 } = status ?? {};
  if (trouble || waiting < patienceSeconds) {
    return trouble;
  }
  return {
    severity: 'info',
    what: 'Waiting for',
    change: `The scrape has been running for ${Math.round(waiting)} s.`,
  };
}

/** Whether a result has no value for a node that is up. Totals and groups of nodes count as missing for each node. */
function isMissingValues(targets: Target[], { tick, results }: QueryState): boolean {
  const nodeKey = (cluster = '', node = '') => JSON.stringify([cluster, node]);
  const up = targets.filter(({ id }) => tick.statuses.get(id)?.state === 'up');
  return results.some(({ signal, series }) => {
    const withValue = new Set(
      series
        .filter(({ values }) => Array.from(values).some((value) => !Number.isNaN(value)))
        .map(({ labels }) => nodeKey(labels.get('cluster'), labels.get('node')))
    );
    return up.some(
      ({ kind, labels }) =>
        (!signal || signal.targetKind === kind) && !withValue.has(nodeKey(labels['cluster'], labels['node']))
    );
  });
}

/** Targets whose counters fell without a restart in the range shown, and the last time. */
function dips(targets: Target[], names: TargetNames, { compiled, tick }: QueryState): string | undefined {
  const { query, request } = compiled;
  const start = query.instant ? compiled.rangeLookback(false) : request.range;
  const dipped = targets.flatMap((target) => {
    const at = tick.buffer.dippedAt(target.id);
    return tick.time !== undefined && at >= tick.time - start ? [{ name: names.nameOf(target), at }] : [];
  });
  if (dipped.length === 0) {
    return undefined;
  }
  const last = new Date(Math.max(...dipped.map(({ at }) => at))).toISOString().slice(11, 19);
  return (
    `Counters of ${names.share(dipped.map(({ name }) => name))} fell without a restart and came back, most recently at ${last} UTC. ` +
    'The samples in between are replaced. Falco up to 0.45.0 reports wrong counters when two requests read its metrics at the same time: ' +
    'let only one scraper read it, or upgrade Falco.'
  );
}

/** The windows on both sides of the switch to live scrapes, if it is visible. */
function windowSwitch({ compiled, switchedAt }: QueryState): string | undefined {
  if (switchedAt === undefined) {
    return undefined;
  }
  const at = new Date(switchedAt).toISOString().slice(11, 19);
  const before = Math.max(...compiled.expressions().map(({ window = 0 }) => window));
  const window = printDuration(compiled.liveWindow);
  return before > 0
    ? t(
        'live.window-switch',
        'Since {{time}} UTC rates use a window of {{window}} instead of {{earlier}}, because live scrapes are closer together.',
        { time: at, window, earlier: printDuration(before) }
      )
    : t(
        'live.window-switch-longer',
        'Since {{time}} UTC rates use a window of {{window}} instead of a longer one, because live scrapes are closer together.',
        { time: at, window }
      );
}

function firstValues({ intervalMs }: CompiledQuery): string {
  return t('live.first-values', 'The first values come with the second live scrape, within {{time}}.', {
    time: printDuration(intervalMs),
  });
}

function stalled(failure: string): string {
  return t('live.stalled', 'Live updates have stalled and resume automatically: {{error}}', {
    error: sentence(failure),
  });
}

function sentence(text: string): string {
  return `${text.trim().replace(/\.$/, '')}.`;
}

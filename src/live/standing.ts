import { type QueryResultMetaNotice } from '@grafana/data';
import { printDuration } from '../signals/window';
import { type Tick } from './feed';
import { type FrameResult } from './frames/result';
import { Names } from './names';
import { type Plan } from './plan';
import { type LiveTarget, type Reasons, type Target, type Trouble } from './routes';
import { kindOf } from './targets';

/** What is known of a query besides its figures. */
export interface Known {
  plan: Plan;
  tick: Tick;
  results: FrameResult[];
  /** Why there are no figures. */
  error?: string;
  /** When rates began to look back on live scrapes only, milliseconds, where that can be seen. */
  switchedAt?: number;
  /** Targets of which there are no samples from as far back as is looked. */
  young: string[];
  /** Samples from before live are on their way. */
  isFilling: boolean;
  /** Why there are none. */
  noHistory?: string;
  reasons: Reasons;
}

const nobody =
  'No target passes the filters of this query, or answers by a name that does. Live goes on by itself when one does.';

/** How many seconds an answer may take before it is told. */
const patience = 3;

/** Why a panel shows less than its viewer may expect; or the error, where it can show nothing. */
export function standing(known: Known): { notices: QueryResultMetaNotice[]; error?: string } {
  const { plan, tick, results, error, young, isFilling, noHistory, reasons } = known;
  const about = tick.targets.filter((target) => plan.isAbout(target));
  const names = new Names(about);
  const troubles = names.notices(
    about.flatMap((target) => {
      const trouble = troubleOf(tick.live.get(target.id));
      return trouble ? [{ target, trouble }] : [];
    })
  );
  const isEmpty = results.every(({ series }) => series.length === 0);
  const isDead = about.length > 0 && about.every(({ id }) => !measured.includes(tick.live.get(id)?.state ?? 'pending'));
  if (error !== undefined || (isEmpty && isDead)) {
    return { notices: [], error: error ?? troubles.map(({ text }) => text).join(' ') };
  }
  const info = (text: string | undefined | false): QueryResultMetaNotice[] =>
    text ? [{ severity: 'info', text }] : [];
  const youngNames = about.filter(({ id }) => young.includes(id)).map((target) => names.of(target));
  return {
    notices: [
      ...troubles.filter(({ severity }) => severity === 'error'),
      ...(tick.trouble === undefined ? [] : [{ severity: 'warning' as const, text: standstill(tick.trouble) }]),
      ...info(isEmpty && plan.hasJustBegun ? begun(plan) : undefined),
      ...(lacksValues(about, known) ? reasons.missing : []),
      ...troubles.filter(({ severity }) => severity !== 'error'),
      ...reasons.besides,
      ...info(about.length === 0 && tick.trouble === undefined && nobody),
      ...info(
        youngNames.length > 0 &&
          !plan.hasJustBegun &&
          `Rates of ${names.share(youngNames)} read low at first: there are no samples from before live to look back on.`
      ),
      ...info(isFilling && 'Figures from before live are on their way.'),
      ...info(noHistory && `There are no figures from before live: ${sentence(noHistory)}`),
      ...info(switched(known)),
    ],
  };
}

const measured: Array<LiveTarget['state']> = ['up', 'starting', 'pending'];

function troubleOf(live: LiveTarget | undefined): Trouble | undefined {
  const { trouble, waiting = 0 } = live ?? {};
  if (trouble || waiting < patience) {
    return trouble;
  }
  return {
    severity: 'info',
    what: 'Waiting for',
    change: `An answer has been under way for ${Math.round(waiting)} s.`,
  };
}

/** Whether a node that answers lacks a value in a result; a total, or groups of nodes, says nothing of single nodes. */
function lacksValues(about: Target[], { tick, results }: Known): boolean {
  const nodeOf = (cluster = '', node = '') => JSON.stringify([cluster, node]);
  const answering = about.filter(({ id }) => tick.live.get(id)?.state === 'up');
  return results.some(({ signal, series }) => {
    const valued = new Set(
      series
        .filter(({ values }) => Array.from(values).some((value) => !Number.isNaN(value)))
        .map(({ labels }) => nodeOf(labels.get('cluster'), labels.get('node')))
    );
    return answering.some(
      ({ kind, labels }) =>
        (!signal || kindOf(signal) === kind) && !valued.has(nodeOf(labels['cluster'], labels['node']))
    );
  });
}

/** Where rates of two kinds are in sight. */
function switched({ plan, switchedAt }: Known): string | undefined {
  if (switchedAt === undefined) {
    return undefined;
  }
  const at = new Date(switchedAt).toISOString().slice(11, 19);
  const before = Math.max(...plan.at(undefined).map(({ window = 0 }) => window));
  const from = before > 0 ? `${printDuration(before)}, ` : 'further, ';
  return `Until ${at} UTC rates look back ${from}from then on ${printDuration(plan.liveWindow)}: live scrapes are closer together.`;
}

function begun({ interval }: Plan): string {
  return `Figures since watching began come with the second live scrape, within ${printDuration(interval)}.`;
}

function standstill(trouble: string): string {
  return `Live stands still, and goes on by itself: ${sentence(trouble)}`;
}

function sentence(text: string): string {
  return `${text.trim().replace(/\.$/, '')}.`;
}

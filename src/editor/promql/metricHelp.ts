import { memoize } from 'lodash';
import { t } from '../../i18n';
import { catalogue } from '../../signals';
import { type Need } from '../../signals/types';
import { needText } from '../query/needText';

/**
 * What is known about a metric. It comes from the catalogue, because Falco's own HELP is the address of its documentation
 * for every metric, and its TYPE calls some gauges counters.
 */
export interface MetricHelp {
  type: 'counter' | 'gauge' | undefined;
  /** The signals that use it, and what it needs to be exported. */
  sentences: string[];
}

const RATE = /\b(?:rate|increase|irate)\(([a-zA-Z_:][\w:]*)\{/g;

const COUNTERS = new Set(
  catalogue.signals.flatMap(({ expr }) => [...expr.matchAll(RATE)].map(([, name = '']) => name))
);

/** Remembered: completions ask for every metric again with every word. */
export const describeMetric = memoize((metric: string): MetricHelp => {
  const users = catalogue.signals.filter(({ expr }) => expr.includes(`${metric}{`));
  const need = catalogue.signals.flatMap((signal) => signal.needs).find((one) => names(one).includes(metric));
  const known = users.length > 0;
  return {
    type: COUNTERS.has(metric) ? 'counter' : known && !metric.endsWith('_total') ? 'gauge' : undefined,
    sentences: [
      ...users
        .slice(0, 3)
        .map(({ title, summary }) =>
          t('query.promql.used-by', 'Used by the signal “{{signal}}”: {{summary}}', { signal: title, summary })
        ),
      ...(need ? [needText({ ...need, metric, anyOf: [] })] : []),
    ],
  };
});

function names({ metric, anyOf = [] }: Need): string[] {
  return [metric, ...anyOf];
}

/** The rules in the format of Grafana's alert provisioning. */
import { stringify } from 'yaml';
import { QUERY_VERSION } from '../../../src/query';
import { catalogue } from '../../../src/signals';
import { compile } from '../../../src/signals/compile';
import { rules } from '.';
import { place } from './place';
import { advice, type AlertRule, type Dialect, runbookUrl, signal, type Words } from './rule';
import { tidy } from './text';

export const datasourceUid = 'falco-metrics';

const identity = ['cluster', 'node'];

const write: Dialect = {
  node: identity.join(', '),
  falcos: 'up{kind=""}',
  sidekicks: 'up{kind="falcosidekick"}',
  figure: (id, window) => {
    const options = { identity, targetLabels: [], step: 0, scrapeInterval: 15_000, range: 0 };
    return tidy(compile(catalogue, signal(id), { groupBy: ['$identity'], window }, options).expr);
  },
};

const unknown = {
  humanizePercentage: 'an unknown share',
  humanizeDuration: 'an unknown time',
  'printf "%.0f"': 'an unknown number',
};

const words: Words = {
  node: '{{ if $labels.node }}{{ $labels.node }}{{ if $labels.cluster }} ({{ $labels.cluster }}){{ end }}{{ else }}an unknown node{{ end }}',
  cluster: '{{ if $labels.cluster }}cluster {{ $labels.cluster }}{{ else }}the fleet{{ end }}',
  label: (name) => `{{ $labels.${name} }}`,
  // Without data there is no B, but Grafana still expands the text.
  value: (as) => `{{ with $values.B }}{{ .Value | ${as} }}{{ else }}${unknown[as]}{{ end }}`,
};

function query({ signal: id, window, expr, report }: AlertRule) {
  if (report) {
    const { signals, window } = report;
    return { queryType: 'impact', signals, window, format: 'timeseries', version: QUERY_VERSION };
  }
  const asked = expr
    ? { queryType: 'promql', expr: expr(write), mapLabels: true }
    : { queryType: 'signal', signals: [id], window };
  return { ...asked, instant: true, version: QUERY_VERSION };
}

function expression(refId: string, model: Record<string, unknown>) {
  const datasource = { type: '__expr__', uid: '__expr__' };
  return { refId, datasourceUid: '__expr__', model: { refId, datasource, ...model } };
}

function provisioned(rule: AlertRule) {
  const { dashboardUid, panelId } = place(rule);
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'C',
    data: [
      {
        refId: 'A',
        relativeTimeRange: { from: rule.report?.lookback ?? 600, to: 0 },
        datasourceUid,
        model: { refId: 'A', ...query(rule) },
      },
      expression('B', { type: 'reduce', expression: 'A', reducer: 'last' }),
      expression('C', {
        type: 'threshold',
        expression: 'B',
        conditions: [{ evaluator: { type: rule.fires.type, params: [rule.fires.bound] } }],
      }),
    ],
    for: rule.for,
    noDataState: rule.noData,
    execErrState: rule.error,
    dashboardUid,
    panelId,
    annotations: {
      summary: rule.summary(words),
      description: rule.description(words),
      advice: advice(rule),
      runbook_url: runbookUrl(rule),
      __dashboardUid__: dashboardUid,
      __panelId__: String(panelId),
    },
    labels: { severity: rule.severity, dimension: signal(rule.signal).dimension },
  };
}

/** provisioning/alerting/falco.yaml. */
export function alertingFile(): string {
  const group = { orgId: 1, folder: 'Falco' };
  const groups = [
    { ...group, name: 'Falco', interval: '1m', rules: rules.filter(({ report }) => !report).map(provisioned) },
    // A report evaluates many expressions over hours, and changes slowly.
    { ...group, name: 'Falco impact', interval: '10m', rules: rules.filter(({ report }) => report).map(provisioned) },
  ];
  const head = ' Written by `npm run generate` from the catalogue; docs/alerting.md describes how to change it.\n';
  return `#${head}${stringify({ apiVersion: 1, groups }, { lineWidth: 0, singleQuote: true })}`;
}

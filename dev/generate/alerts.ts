/**
 * The shipped alert rules, in the format of Grafana's alert provisioning. Their bounds are those of
 * the catalogue. Every rule asks for its figures now, over a window of its own, keeps one state a
 * node, and says what to do where figures are missing: docs/alerting.md explains the choices.
 */
import { stringify } from 'yaml';
import { QUERY_VERSION } from '../../src/query';
import { type Signal } from '../../src/signals/types';
import { panelIds, uid as dashboardUid } from './dashboards/overview';
import { signal } from './dashboards/panels';

export const datasourceUid = 'falco-metrics';
const docs = 'https://github.com/falco-metrics/falco-metrics-datasource/blob/main/docs/alerting.md';

interface Rule {
  uid: string;
  title: string;
  signal: string;
  window: string;
  /** When it fires. Grafana's names: gt is above, lt is below. */
  fires: { type: 'gt' | 'lt'; bound: number };
  for: string;
  severity: 'warning' | 'critical';
  /** What to do when the query gives nothing at all, and when it fails. */
  noData: 'Alerting' | 'KeepLast';
  error: 'Error' | 'KeepLast';
  panelId: number;
  summary: string;
  description: string;
  /** The heading in docs/alerting.md. */
  runbook: string;
}

const where =
  '{{ if $labels.node }}{{ $labels.node }}{{ if $labels.cluster }} ({{ $labels.cluster }}){{ end }}{{ else }}an unknown node{{ end }}';
const share = '{{ $values.B.Value | humanizePercentage }}';

function bound(id: string, level: 'warning' | 'critical'): number {
  const found = signal(id).thresholds?.[level];
  if (found === undefined) {
    throw new Error(`An alert rule rests on the ${level} threshold of ${id}, which the catalogue does not have.`);
  }
  return found;
}

export const rules: Rule[] = [
  {
    uid: 'falco-kernel-drops-warning',
    title: 'Falco loses kernel events',
    signal: 'kernel-drop-ratio',
    window: '5m',
    fires: { type: 'gt', bound: bound('kernel-drop-ratio', 'warning') },
    for: '10m',
    severity: 'warning',
    noData: 'KeepLast',
    error: 'KeepLast',
    panelId: panelIds.kernelDrops,
    summary: `Falco on ${where} loses ${share} of the kernel's events`,
    description:
      'For ten minutes more than 2 % of the events never reached Falco. What happens in them is not seen by any rule.',
    runbook: 'falco-loses-kernel-events',
  },
  {
    uid: 'falco-kernel-drops-critical',
    title: 'Falco loses many kernel events',
    signal: 'kernel-drop-ratio',
    window: '2m',
    fires: { type: 'gt', bound: bound('kernel-drop-ratio', 'critical') },
    for: '1m',
    severity: 'critical',
    noData: 'KeepLast',
    error: 'KeepLast',
    panelId: panelIds.kernelDrops,
    summary: `Falco on ${where} loses ${share} of the kernel's events`,
    description:
      'More than 10 % of the events never reached Falco. An attack on this node has a fair chance not to be seen.',
    runbook: 'falco-loses-many-kernel-events',
  },
  {
    uid: 'falco-node-down',
    title: 'Node without a working Falco',
    signal: 'up',
    window: '1m',
    fires: { type: 'lt', bound: bound('up', 'critical') },
    for: '2m',
    severity: 'critical',
    noData: 'Alerting',
    error: 'Error',
    panelId: panelIds.up,
    summary: `Falco on ${where} does not answer`,
    description:
      'The metrics endpoint has not answered for two minutes, or the node has left service discovery, or no node is known at all. The node may not be watched.',
    runbook: 'node-without-a-working-falco',
  },
  {
    uid: 'falco-outputs-queue-drops',
    title: 'Falco loses alerts',
    signal: 'outputs-queue-drops',
    window: '10m',
    // One lost alert is one too many; the count is spread to the ends of the window and never below what was lost.
    fires: { type: 'gt', bound: 0 },
    for: '0s',
    severity: 'critical',
    noData: 'KeepLast',
    error: 'KeepLast',
    panelId: panelIds.alertsLost,
    summary: `Falco on ${where} has lost alerts`,
    description:
      'The outputs queue was full: about {{ $values.B.Value | printf "%.0f" }} alerts were thrown away within ten minutes and reached nobody.',
    runbook: 'falco-loses-alerts',
  },
];

function advice({ advice: pieces }: Signal): string {
  return pieces.map(({ when, change, cost }) => `${when} ${change} Cost: ${cost}`).join('\n');
}

function expression(refId: string, model: Record<string, unknown>) {
  const datasource = { type: '__expr__', uid: '__expr__' };
  return { refId, datasourceUid: '__expr__', model: { refId, datasource, ...model } };
}

function provisioned(rule: Rule) {
  const subject = signal(rule.signal);
  const query = { kind: 'signal', signals: [rule.signal], window: rule.window, instant: true, version: QUERY_VERSION };
  return {
    uid: rule.uid,
    title: rule.title,
    condition: 'C',
    data: [
      {
        refId: 'A',
        relativeTimeRange: { from: 600, to: 0 },
        datasourceUid,
        model: { refId: 'A', ...query },
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
    panelId: rule.panelId,
    annotations: {
      summary: rule.summary,
      description: rule.description,
      advice: advice(subject),
      runbook_url: `${docs}#${rule.runbook}`,
      __dashboardUid__: dashboardUid,
      __panelId__: String(rule.panelId),
    },
    labels: { severity: rule.severity, dimension: subject.dimension },
  };
}

export function alertingFile(): string {
  const groups = [{ orgId: 1, name: 'Falco', folder: 'Falco', interval: '1m', rules: rules.map(provisioned) }];
  const head = ' Written by `npm run generate` from the catalogue; docs/alerting.md says how to change it.\n';
  return `#${head}${stringify({ apiVersion: 1, groups }, { lineWidth: 0, singleQuote: true })}`;
}

/** The shipped dashboards in the order of work, from path to builder. */
import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { beforeAfter } from './before-after';
import { dataQuality } from './data-quality';
import { delivery } from './delivery';
import { fleet } from './fleet';
import { lossReport } from './loss-report';
import { node } from './node';
import { overview } from './overview';
import { resources } from './resources';
import { security } from './security';
import { tuning } from './tuning';

export const dashboards: Record<string, () => Dashboard> = {
  'dashboards/overview.json': overview,
  'dashboards/data-quality.json': dataQuality,
  'dashboards/fleet.json': fleet,
  'dashboards/resources.json': resources,
  'dashboards/delivery.json': delivery,
  'dashboards/security.json': security,
  'dashboards/node.json': node,
  'dashboards/loss-report.json': lossReport,
  'dashboards/tuning.json': tuning,
  'dashboards/before-after.json': beforeAfter,
};

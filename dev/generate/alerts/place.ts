import { type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboards } from '../dashboards';
import { type AlertRule } from './rule';

interface Panel {
  id?: number;
  title?: string;
  panels?: Panel[];
}

const built: Dashboard[] = Object.values(dashboards).map((build) => build());

/** Finds a panel by the titles of the dashboard and the panel. Throws if it does not exist. */
export function placeOf({ dashboard: title, panel: wanted }: AlertRule['look']): {
  dashboardUid: string;
  panelId: number;
} {
  const dashboard = built.find((one) => one.title === title);
  const panels = (dashboard?.panels ?? []) as Panel[];
  const panel = panels.flatMap((one) => [one, ...(one.panels ?? [])]).find((one) => one.title === wanted);
  if (dashboard?.uid === undefined || panel?.id === undefined) {
    throw new Error(
      `An alert rule or its runbook refers to the panel "${wanted}" of "${title}", which does not exist.`
    );
  }
  return { dashboardUid: dashboard.uid, panelId: panel.id };
}

/** The panel that an alert links to. */
export function place({ look }: AlertRule): ReturnType<typeof placeOf> {
  return placeOf(look);
}

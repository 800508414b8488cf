/** The host's routes, with the fields of their responses that the pages use. */
import { type DataSourceSettings } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import { type DashboardModel } from '../scene/model';

export interface DashboardHit {
  uid: string;
  title: string;
  description: string;
  url: string;
  folderTitle: string;
  tags: string[];
}

export interface AlertRule {
  uid: string;
  title: string;
  ruleGroup: string;
  folder: string;
  interval: string;
  for: string;
  noDataState: string;
  execErrState: string;
  labels: Record<string, string> | null;
  annotations: Record<string, string> | null;
}

export interface Health {
  status: 'OK' | 'ERROR' | 'UNKNOWN';
  message: string;
  details?: { verboseMessage?: string };
}

export const listDashboards = () => getBackendSrv().get<DashboardHit[]>('/api/search');

export const getDashboard = (uid: string) =>
  getBackendSrv().get<{ dashboard: DashboardModel }>(`/api/dashboards/uid/${uid}`, undefined, undefined, {
    showErrorAlert: false,
  });

export const listRules = () => getBackendSrv().get<AlertRule[]>('/api/v1/provisioning/alert-rules');

export const getSource = (uid: string) =>
  getBackendSrv().get<DataSourceSettings>(`/api/datasources/uid/${uid}`, undefined, undefined, {
    showErrorAlert: false,
  });

export const saveSource = (settings: DataSourceSettings) =>
  getBackendSrv().put<{ datasource: DataSourceSettings }>(`/api/datasources/uid/${settings.uid}`, settings);

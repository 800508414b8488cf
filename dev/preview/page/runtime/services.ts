/** Sets the services of @grafana/runtime and @grafana/scenes that Grafana's core sets. */
import { EventBusSrv, OrgRole } from '@grafana/data';
import {
  config,
  locationService,
  setAppEvents,
  setBackendSrv,
  setChromeHeaderHeightHook,
  setCurrentUser,
  setDataSourceSrv,
  setEchoSrv,
  setLocationSrv,
  setMegaMenuOpenHook,
  setPluginComponentHook,
  setPluginComponentsHook,
  setPluginImportUtils,
  setPluginLinksHook,
  setReturnToPreviousHook,
  setRunRequest,
  setTemplateSrv,
} from '@grafana/runtime';
import * as unstable from '@grafana/runtime/unstable';
import { fillRegistries } from '../registry';
import { panelPlugin } from '../panels';
import { Backend } from './backend';
import { DataSources } from './dataSources';
import { runRequest } from './runRequest';
import { Templates } from './templates';

/** Discards analytics events. */
const silentEcho = { flush() {}, addBackend() {}, addEvent() {}, onInteraction: () => () => {} };

/** The event bus for alerts about requests. */
export const appEvents = new EventBusSrv();

/** What Grafana 13 has in addition. */
const { initializeLoggersRegistry, reloadDataSourceInstanceSettings } = unstable as {
  initializeLoggersRegistry?: () => void;
  reloadDataSourceInstanceSettings?: () => Promise<void>;
};

/** Must run once, before the first component is rendered. */
export async function initServices(): Promise<void> {
  fillRegistries();
  setAppEvents(appEvents);
  setEchoSrv(silentEcho);
  setBackendSrv(new Backend(appEvents));
  initializeLoggersRegistry?.();
  // Reads the settings from the host only while no DataSourceSrv is set.
  await reloadDataSourceInstanceSettings?.();
  setTemplateSrv(new Templates());
  setDataSourceSrv(new DataSources(config.datasources, config.defaultDatasource));
  setRunRequest(runRequest);
  setPluginImportUtils({
    importPanelPlugin: async (id) => panelPlugin(id),
    getPanelPluginFromCache: (id) => panelPlugin(id),
  });
  setLocationSrv({ update: ({ path, query }) => locationService.push({ pathname: path, search: asSearch(query) }) });
  setCurrentUser({ ...config.bootData.user, orgRole: OrgRole.Admin } as Parameters<typeof setCurrentUser>[0]);
  setPluginLinksHook(() => ({ links: [], isLoading: false }));
  setPluginComponentHook(() => ({ component: undefined, isLoading: false }));
  setPluginComponentsHook(() => ({ components: [], isLoading: false }));
  setReturnToPreviousHook(() => () => {});
  setChromeHeaderHeightHook(() => 0);
  setMegaMenuOpenHook(() => [false, () => {}]);
}

function asSearch(query: Record<string, unknown> = {}): string {
  return new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
}

/** Starts a Grafana of this machine with the built plugin and the shipped provisioning. */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface GrafanaOptions {
  /** The folder of Grafana's data. It is created. */
  data: string;
  /** The built plugin. */
  plugin: string;
  provisioning: string;
  port: number | string;
}

/** Prepares the folder of Grafana's data, and returns the environment in which `grafana server` uses it. */
export function prepareGrafana({ data, plugin, provisioning, port }: GrafanaOptions): Record<string, string> {
  const plugins = join(data, 'plugins');
  mkdirSync(plugins, { recursive: true });
  const link = join(plugins, 'falco-metrics-datasource');
  rmSync(link, { force: true });
  symlinkSync(plugin, link, 'junction');
  return {
    GF_PATHS_DATA: data,
    GF_PATHS_LOGS: join(data, 'log'),
    GF_PATHS_PROVISIONING: provisioning,
    GF_PATHS_PLUGINS: plugins,
    GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS: 'falco-metrics-datasource',
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(port),
    GF_AUTH_ANONYMOUS_ENABLED: 'true',
    GF_AUTH_ANONYMOUS_ORG_ROLE: 'Admin',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_LOG_LEVEL: 'warn',
  };
}

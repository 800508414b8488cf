import { minor } from './engines';
import { type NodeSpec } from './spec';

/** The components of a Falco release: versions of its dependencies and interfaces. */
const RELEASES: Record<
  number,
  { libs: string; pluginApi: string; api: string; schema: string; driver: string; engine: number; container?: string }
> = {
  39: { libs: '0.18.2', pluginApi: '3.7.0', api: '8.0.3', schema: '2.22.1', driver: '7.3.0+driver', engine: 43 },
  41: {
    libs: '0.21.0',
    pluginApi: '3.11.0',
    api: '8.0.3',
    schema: '3.6.1',
    driver: '8.1.0+driver',
    engine: 50,
    container: '0.3.1',
  },
  44: {
    libs: '0.25.4',
    pluginApi: '3.12.0',
    api: '10.1.0',
    schema: '4.5.1',
    driver: '10.2.0+driver',
    engine: 62,
    container: '0.7.1',
  },
};

/** The JSON of /versions: every value is a string, as in Falco. */
export function versions(spec: NodeSpec): Record<string, unknown> {
  const release = RELEASES[minor(spec.version)];
  if (!release) {
    throw new Error(`the simulator knows Falco 0.39, 0.41 and 0.44, not ${spec.version}`);
  }
  return {
    default_driver_version: release.driver,
    driver_api_version: release.api,
    driver_schema_version: release.schema,
    engine_version: String(release.engine),
    engine_version_semver: `0.${release.engine}.0`,
    falco_version: spec.version,
    libs_version: release.libs,
    plugin_api_version: release.pluginApi,
    ...(release.container ? { plugin_versions: { container: release.container } } : {}),
  };
}

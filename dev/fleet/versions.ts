import { minor } from './engines';
import { type NodeSpec } from './spec';

/** Versions of libs and of the driver's interfaces that a Falco release brings. */
const RELEASES: Record<number, { libs: string; api: string; schema: string; driver: string }> = {
  39: { libs: '0.18.1', api: '8.0.0', schema: '2.0.0', driver: '7.3.0+driver' },
  41: { libs: '0.21.0', api: '8.0.0', schema: '4.0.0', driver: '8.1.0+driver' },
  44: { libs: '0.25.4', api: '9.1.0', schema: '4.3.0', driver: '9.1.0+driver' },
};

/** The JSON of /versions: every value is text, as Falco sends it. */
export function versions(spec: NodeSpec): Record<string, unknown> {
  const release = RELEASES[minor(spec.version)];
  if (!release) {
    throw new Error(`the simulator knows Falco 0.39, 0.41 and 0.44, not ${spec.version}`);
  }
  return {
    default_driver_version: release.driver,
    driver_api_version: release.api,
    driver_schema_version: release.schema,
    engine_version: '57',
    engine_version_semver: '0.57.0',
    falco_version: spec.version,
    libs_version: release.libs,
    plugin_api_version: '3.12.0',
    ...(minor(spec.version) >= 41 ? { plugin_versions: { container: '0.6.1' } } : {}),
  };
}

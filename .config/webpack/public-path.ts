/**
 * Tells webpack where lazy chunks lie. Grafana may serve a plugin from anywhere (its own path, a
 * CDN), so the address is taken from the AMD module itself, which the loader passes in.
 */
import amdModule from 'amd-module';

const uri = amdModule?.uri;

// Webpack's own variable: assigning to it is how the path is set.
// @ts-expect-error it exists in bundles only
__webpack_public_path__ = uri ? uri.slice(0, uri.lastIndexOf('/') + 1) : 'public/plugins/falco-metrics-datasource/';

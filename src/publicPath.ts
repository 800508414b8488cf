/**
 * Tells webpack where to load lazy chunks from. Grafana may serve a plugin from its own path or from a CDN, so the address
 * is taken from the AMD module, which Grafana's loader passes in.
 */
import amdModule from 'amd-module';

const uri = amdModule?.uri;

// Assigning to this variable sets webpack's public path.
// @ts-expect-error it only exists in bundles
__webpack_public_path__ = uri ? uri.slice(0, uri.lastIndexOf('/') + 1) : 'public/plugins/falco-metrics-datasource/';

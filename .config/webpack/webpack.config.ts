import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import CopyPlugin from 'copy-webpack-plugin';
import { type Configuration } from 'webpack';
import { makeLinksAbsolute } from './links';

const root = resolve(import.meta.dirname, '../..');
const { version, repository } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  version: string;
  repository: { url: string };
};

/** Modules that Grafana shares with plugins, as in @grafana/create-plugin 7.1.7. A bundled copy would exist twice on the page. */
const shared = [
  'lodash',
  'moment',
  'react',
  'react/jsx-runtime',
  'react/jsx-dev-runtime',
  'react-dom',
  'rxjs',
  'rxjs/operators',
  'i18next',
  '@emotion/css',
  '@emotion/react',
  '@grafana/data',
  '@grafana/runtime',
  '@grafana/ui',
];

/** The time of the build, or SOURCE_DATE_EPOCH (Unix seconds), which `npm run package` sets to the time of the commit. */
const epoch = process.env['SOURCE_DATE_EPOCH'];
const time = epoch ? new Date(Number(epoch) * 1000) : new Date();

/** Replaces the placeholders of plugin.json. */
function stampPluginJson(content: Buffer): string {
  return content.toString().replace('%VERSION%', version).replace('%TODAY%', time.toISOString().slice(0, 10));
}

export default function config(env: Record<string, unknown>): Configuration {
  return {
    mode: env['development'] ? 'development' : 'production',
    // Grafana's validator looks in src/ for the paths that source maps name, and they are relative to this folder.
    context: resolve(root, 'src'),
    entry: { module: ['./publicPath.ts', './module.ts'] },
    devtool: 'source-map',
    externals: [{ 'amd-module': 'module' }, ...shared],
    output: {
      path: resolve(root, 'dist'),
      filename: '[name].js',
      // webpack's hashes depend on the folder of the sources, so archives of one commit would differ.
      chunkFilename: `[name].js?_cache=${version}-${time.getTime()}`,
      library: { type: 'amd' },
      // The backend's binaries are in the same folder and are built separately.
      clean: { keep: /^(gpx_|go_plugin_build_manifest)/ },
      uniqueName: 'falco-metrics-datasource',
    },
    resolve: { extensions: ['.ts', '.tsx', '.js', '.json'] },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          loader: 'swc-loader',
          options: {
            jsc: {
              target: 'es2022',
              parser: { syntax: 'typescript', tsx: true },
              transform: { react: { runtime: 'automatic' } },
            },
          },
        },
        { test: /\.css$/, type: 'asset/source' },
      ],
    },
    performance: { hints: false },
    plugins: [
      new CopyPlugin({
        patterns: [
          { from: 'plugin.json', context: root, transform: stampPluginJson },
          {
            from: 'README.md',
            context: root,
            transform: (text) => makeLinksAbsolute(text.toString(), repository.url, `v${version}`),
          },
          { from: 'CHANGELOG.md', context: root },
          { from: 'LICENSE', context: root },
          { from: 'img', to: 'img' },
          { from: 'locales', to: 'locales' },
          { from: 'dashboards', to: 'dashboards', noErrorOnMissing: true },
        ],
      }),
    ],
    cache: {
      type: 'filesystem',
      cacheDirectory: resolve(root, '.cache/webpack'),
      buildDependencies: { config: [import.meta.filename] },
    },
  };
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import CopyPlugin from 'copy-webpack-plugin';
import { type Configuration } from 'webpack';

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string };

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

/** Replaces the placeholders of plugin.json. The date is the day of the build, as in Grafana's plugin tools. */
function stampPluginJson(content: Buffer): string {
  return content.toString().replace('%VERSION%', version).replace('%TODAY%', new Date().toISOString().slice(0, 10));
}

export default function config(env: Record<string, unknown>): Configuration {
  return {
    mode: env['development'] ? 'development' : 'production',
    context: root,
    entry: { module: ['./.config/webpack/public-path.ts', './src/module.ts'] },
    devtool: 'source-map',
    externals: [{ 'amd-module': 'module' }, ...shared],
    output: {
      path: resolve(root, 'dist'),
      filename: '[name].js',
      chunkFilename: '[name].[contenthash:8].js',
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
          { from: 'plugin.json', transform: stampPluginJson },
          { from: 'README.md', transform: (text) => text.toString().replaceAll('src/img/', 'img/') },
          { from: 'CHANGELOG.md' },
          { from: 'LICENSE' },
          { from: 'img', to: 'img', context: 'src' },
          { from: 'dashboards', to: 'dashboards', context: 'src', noErrorOnMissing: true },
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

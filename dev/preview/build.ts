/** Builds the page into dev/preview/public: scripts, styles, icons and fonts. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { copyIcons } from './icons';

const here = import.meta.dirname;
const require = createRequire(import.meta.url);
const source = join(here, 'page');

/** What the host serves below /public/. */
export const publicFolder = join(here, 'public');
/** The build is created here and then moved into place, because other previews may run or build at the same time. */
const staging = resolve(here, `../../.cache/preview/public-${process.pid}`);
const output = join(staging, 'build');

/** Builds the page if a source file is newer than the last build. */
export async function buildPage(): Promise<void> {
  const sources = [source, join(here, 'build.ts'), join(here, 'icons.ts'), resolve(here, '../../package-lock.json')];
  const built = join(publicFolder, 'build/main.js');
  if (existsSync(built) && Math.max(...sources.map(newest)) < statSync(built).mtimeMs) {
    return;
  }
  await mkdir(output, { recursive: true });
  await Promise.all([bundle(), bundleWorker(), copyIcons(join(output, 'img/icons')), copyFonts(), copyLoader()]);
  await putInPlace();
}

/** Moves the build into place. If several run at the same time, one succeeds and the others discard their build. */
async function putInPlace(): Promise<void> {
  const old = `${staging}-old`;
  await rename(publicFolder, old).catch(() => undefined);
  await rename(staging, publicFolder).catch(async (error: unknown) => {
    if (!existsSync(join(publicFolder, 'build/main.js'))) {
      throw error;
    }
    await rm(staging, { recursive: true, force: true });
  });
  await rm(old, { recursive: true, force: true });
}

function newest(path: string): number {
  const stats = statSync(path);
  return stats.isDirectory() ? Math.max(...readdirSync(path).map((name) => newest(join(path, name)))) : stats.mtimeMs;
}

/** Bundles the scripts, and all styles, including those of lazy chunks, into main.css. */
async function bundle(): Promise<void> {
  await build({
    entryPoints: { main: join(source, 'main.ts') },
    outdir: output,
    bundle: true,
    format: 'esm',
    splitting: true,
    minify: true,
    target: 'es2022',
    jsx: 'automatic',
    entryNames: '[name]',
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    loader: { '.ttf': 'file', '.woff2': 'file', '.svg': 'file' },
    define: {
      'process.env.NODE_ENV': '"production"',
      global: 'window',
      // SystemJS sets a global `define`. Bundled UMD modules would register there instead of exporting.
      define: 'undefined',
    },
    alias: {
      '@grafana/plugin-compat/datasources': join(source, 'runtime/pluginCompat.ts'),
      // The rest of this package is for version 5 of the router, which is not installed.
      'react-router-dom-v5-compat': 'react-router-dom',
    },
    logLevel: 'warning',
  });
}

/** Bundles the worker of the code editor, which needs its own file. */
async function bundleWorker(): Promise<void> {
  await build({
    entryPoints: { 'editor.worker': require.resolve('monaco-editor/esm/vs/editor/editor.worker.js') },
    outdir: output,
    bundle: true,
    minify: true,
    format: 'iife',
    logLevel: 'warning',
  });
}

/** Copies fonts to the paths that @grafana/ui requests. */
async function copyFonts(): Promise<void> {
  const inter = join(dirname(require.resolve('@fontsource/inter/package.json')), 'files');
  const mono = join(dirname(require.resolve('@fontsource/roboto-mono/package.json')), 'files');
  const fonts = {
    'inter/Inter-Regular.woff2': join(inter, 'inter-latin-400-normal.woff2'),
    'inter/Inter-Medium.woff2': join(inter, 'inter-latin-500-normal.woff2'),
    'inter/Inter-Italic.woff2': join(inter, 'inter-latin-400-italic.woff2'),
    'inter/Inter-MediumItalic.woff2': join(inter, 'inter-latin-500-italic.woff2'),
    'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2': join(
      mono,
      'roboto-mono-latin-400-normal.woff2'
    ),
  };
  for (const [name, file] of Object.entries(fonts)) {
    await cp(file, join(staging, 'fonts', name));
  }
}

/** Copies SystemJS, which Grafana uses to load plugins. Both scripts must run before the page. */
async function copyLoader(): Promise<void> {
  const systemjs = join(dirname(require.resolve('systemjs/package.json')), 'dist');
  await cp(join(systemjs, 'system.min.js'), join(output, 'system.min.js'));
  await cp(join(systemjs, 'extras/amd.min.js'), join(output, 'amd.min.js'));
  await cp(join(here, 'favicon.svg'), join(staging, 'favicon.svg'));
}

/** @jest-environment node */
import { build } from 'esbuild';

/** What a dashboard loads before it shows anything: the module and what it imports, but not what it imports when needed. */
async function firstLoad(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: ['src/module.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'out',
    write: false,
    metafile: true,
    external: ['@grafana/*', 'react', 'react/*', 'rxjs', 'lodash', '@emotion/css'],
    logLevel: 'silent',
    // As swc does it for webpack: an import of nothing but types is none.
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx' } },
  });
  const load = (name: string): string[] => {
    const { inputs, imports } = metafile.outputs[name]!;
    const statics = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    return [...Object.keys(inputs), ...statics.flatMap(({ path }) => load(path))];
  };
  return load('out/module.js');
}

/** What Grafana asks of the data source before it shows an editor. */
const supports = ['src/editor/annotation/annotations.ts', 'src/editor/variable/FalcoVariableSupport.ts'];

test('neither the live executor with its PromQL nor an editor is in the first load', async () => {
  const loaded = await firstLoad();
  expect(loaded).toEqual(expect.arrayContaining(['src/module.ts', 'src/datasource.ts', 'src/signals/index.ts']));
  const lazy = loaded.filter((path) => /^src\/(live|promql)\/|lezer|^src\/editor\/\w+\//.test(path));
  expect(lazy.filter((path) => !supports.includes(path))).toEqual([]);
});

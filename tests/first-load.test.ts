/** @jest-environment node */
import { build } from 'esbuild';

/** The source files that a dashboard loads before it shows anything: the module and its static imports. */
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
    // As in the build, an import of only types loads nothing.
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx' } },
  });
  const load = (name: string): string[] => {
    const { inputs, imports } = metafile.outputs[name]!;
    const statics = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    return [...Object.keys(inputs), ...statics.flatMap(({ path }) => load(path))];
  };
  return load('out/module.js');
}

test('the first load has no editor, no live executor and no PromQL', async () => {
  const loaded = await firstLoad();
  expect(loaded).toEqual(expect.arrayContaining(['src/module.ts', 'src/datasource.ts', 'src/signals/index.ts']));
  expect(loaded.filter((path) => /^src\/(live|promql)\/|lezer|^src\/editor\/\w+\//.test(path))).toEqual([]);
});

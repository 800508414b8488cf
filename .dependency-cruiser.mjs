/**
 * Import rules of the TypeScript side. They see resolved files, so type-only, dynamic and re-exported imports count too.
 * The direction is editor → datasource → live → promql; every part may read the signals.
 */
const tests = '(\\.test\\.tsx?|/(testing|testSetup)\\.tsx?)$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Move what both files need into a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'signals-import-only-signals',
      comment: 'The generators and the tests read the catalogue without Grafana.',
      severity: 'error',
      from: { path: '^src/signals/', pathNot: tests },
      to: { pathNot: '^src/signals/' },
    },
    {
      name: 'promql-imports-no-grafana',
      comment: 'The conformance tests run the evaluator without Grafana.',
      severity: 'error',
      from: { path: '^src/promql/', pathNot: tests },
      to: { path: ['^src/(?!promql/|signals/)', '^node_modules/(@grafana|react)'] },
    },
    {
      name: 'live-imports-no-datasource',
      comment: 'The data source loads src/live on demand.',
      severity: 'error',
      from: { path: '^src/live/' },
      to: { path: '^src/(datasource|module)' },
    },
    {
      name: 'only-module-imports-editor',
      comment:
        'src/module.ts registers the editors. dev/generate writes the Kubernetes manifests that an editor shows.',
      severity: 'error',
      from: { path: '^(src|dev)/', pathNot: ['^src/editor/', '^src/module\\.', '^dev/generate/outputs\\.ts$', tests] },
      to: { path: '^src/editor/' },
    },
    {
      name: 'plugin-imports-no-tools',
      comment: 'dev/ and tests/ are not part of the plugin.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: ['^(dev|tests)/', tests] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^dev/preview/public/'] },
    // Sees type-only imports, which the compiler removes.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};

import { withoutPluginUiWarning } from './engines.mjs';

/** What npm 11 writes for a package that requires another Node. */
const warning = (name: string) =>
  [
    'Unsupported engine {',
    `  package: '${name}',`,
    "  required: { node: '>=24', yarn: '>=4.16.0' },",
    "  current: { node: 'v20.20.2', npm: '11.19.1' }",
    '}',
  ]
    .map((line) => `npm warn EBADENGINE ${line}\n`)
    .join('');

test('only the warning about @grafana/plugin-ui is removed', () => {
  const before = warning('first@1.0.0');
  const after = `${warning('last@1.0.0')}npm warn deprecated whatever@1.0.0\n`;
  expect(withoutPluginUiWarning(`${before}${warning('@grafana/plugin-ui@0.16.1')}${after}`)).toBe(before + after);
});

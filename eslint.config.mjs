import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Forbids imports that would turn the one-way order of the parts around. */
function noImports(files, patterns, message) {
  return { files, rules: { 'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }] } };
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', 'dev/preview/public', 'src/dashboards', '.cache'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // A promise nobody waits for loses its error.
      '@typescript-eslint/no-floating-promises': 'error',
      // Types must not pull code into a bundle.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // What an operator sees comes as notices and errors, not in the console.
      'no-console': 'error',
      eqeqeq: ['error', 'always'],
    },
  },
  // Programs that developers run talk on the console; so do tests.
  { files: ['dev/**', 'tests/**', '.config/**', '*.mjs'], rules: { 'no-console': 'off' } },
  { files: ['**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  noImports(
    ['src/signals/**', 'src/promql/**'],
    ['@grafana/*', '**/editor/**', '**/live/**', '**/datasource'],
    'signals and promql stand alone: the generators and tests read them without Grafana.'
  ),
  noImports(['src/live/**'], ['**/editor/**', '**/datasource'], 'Imports go editor → datasource → live → promql.'),
  noImports(
    ['src/datasource.ts', 'src/query.ts', 'src/settings.ts'],
    ['**/editor/*'],
    'Imports go editor → datasource → live → promql.'
  ),
  prettier
);

import grafanaI18n from '@grafana/i18n/eslint-plugin';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', 'dev/preview/public', 'src/dashboards', '.cache'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // The error of a floating promise is lost.
      '@typescript-eslint/no-floating-promises': 'error',
      // A type import must not add code to a bundle.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Operators read notices and errors, not the browser's console.
      'no-console': 'error',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    // The second lane of the tests applies this to what Grafana 13 deprecates.
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    ignores: ['**/*.test.*', '**/testing.ts*'],
    rules: { '@typescript-eslint/no-deprecated': 'error' },
  },
  {
    files: ['src/*.ts', 'src/live/**', 'src/editor/**'],
    // Frames are those of the backend, which is not translated.
    ignores: ['**/*.test.*', '**/testing.ts*', 'src/live/frames/**'],
    plugins: { '@grafana/i18n': grafanaI18n },
    rules: {
      '@grafana/i18n/no-untranslated-strings': 'error',
      '@grafana/i18n/no-translation-top-level': 'error',
    },
  },
  // Developer tools and tests write to the console.
  { files: ['dev/**', 'tests/**', '.config/**', '*.mjs'], rules: { 'no-console': 'off' } },
  { files: ['**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
  prettier
);

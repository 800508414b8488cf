/** Unit tests in TypeScript. Tests of running programs and of the built plugin have their own configuration: tests/(e2e|cases|package|sidekick). */
export default {
  testEnvironment: 'jsdom',
  roots: ['<rootDir>/src', '<rootDir>/dev', '<rootDir>/tests'],
  testMatch: ['**/*.test.ts', '**/*.test.tsx'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/tests/(e2e|cases|package|sidekick)/'],
  setupFilesAfterEnv: ['<rootDir>/.config/jest/setup.ts'],
  testSequencer: '<rootDir>/.config/jest/sequencer.mjs',
  // No test is that slow, but a busy machine may be.
  testTimeout: 30_000,
  transform: {
    '^.+\\.(t|j|mj)sx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
        },
      },
    ],
  },
  // Packages that ship only ECMAScript modules have to be transformed. All @grafana packages are among them.
  transformIgnorePatterns: [
    '/node_modules/(?!(@grafana|@react-hookz|@ver0|ol|d3.*|internmap|delaunator|robust-predicates|react-colorful|marked|uuid|@wojtekmaj|get-user-locale|memoize|mimic-function|react-calendar|@react-awesome-query-builder|yaml|p-map|@marcbachmann|@msagl)/)',
  ],
  moduleNameMapper: {
    '\\.(css|scss|svg|png)$': '<rootDir>/.config/jest/asset.ts',
    'react-inlinesvg': '<rootDir>/.config/jest/inline-svg.tsx',
  },
};

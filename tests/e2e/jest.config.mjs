import unit from '../../jest.config.mjs';

/** Browser tests: the simulated fleet, the preview with the plugin's real backend, and a real browser. */
export default {
  ...unit,
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/tests/e2e'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFilesAfterEnv: [],
  testTimeout: 180_000,
};

import unit from '../../jest.config.mjs';

/** What spans parts: the fleet, the plugin's real binary behind the preview, and a real browser. */
export default {
  ...unit,
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/tests/e2e'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFilesAfterEnv: [],
  testTimeout: 180_000,
};

import endToEnd from '../e2e/jest.config.mjs';

/** The plugin's real backend behind the real Falcosidekick, without a browser. */
export default { ...endToEnd, roots: ['<rootDir>/tests/sidekick'] };

import endToEnd from '../e2e/jest.config.mjs';

/** What Grafana's plugin validator checks statically, on the built plugin in dist/. */
export default { ...endToEnd, roots: ['<rootDir>/tests/package'] };

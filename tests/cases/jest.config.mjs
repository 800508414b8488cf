import endToEnd from '../e2e/jest.config.mjs';

/** Cases from public reports: the plugin's real backend, without a browser. */
export default { ...endToEnd, roots: ['<rootDir>/tests/cases'] };

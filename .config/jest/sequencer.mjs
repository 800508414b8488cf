import Sequencer from '@jest/test-sequencer';

/**
 * Starts the suites that take minutes first: a worker that started one of them last would run alone. On a fresh clone, Jest
 * knows only the sizes of the files.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => /[\\/]conformance[\\/](stored|engine)\.test/.test(path);
    return super.sort(tests).sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

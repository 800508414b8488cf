/** Answers of live targets: read in the browser, and kept for the evaluator. */
export { type Bounds, SampleBuffer, type Scrape } from './buffer';
export { type Answer, type Limits, type Problem, Reader } from './reader';
export { type LiveSeries, type ReadingRules } from './series';

/** Answers of live targets: read in the browser, and kept for the evaluator. */
export { type Bounds, SampleBuffer, type Scrape } from './SampleBuffer';
export { type ParsedExposition, type Limits, type Problem, ExpositionReader } from './ExpositionReader';
export { type LiveSeries, type ReadingRules } from './SeriesRegistry';

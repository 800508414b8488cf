/** Reads the expositions of live targets in the browser, and buffers their samples for the evaluator. */
export { type Bounds, SampleBuffer, type Scrape } from './SampleBuffer';
export { type ParsedExposition, type Limits, type Problem, ExpositionReader } from './ExpositionReader';
export { type LiveSeries, type ReadingRules } from './SeriesRegistry';

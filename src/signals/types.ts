import { type Scraping } from './scraping';

/**
 * The shapes of the catalogue: what a signal is, and what Go receives of it (`npm run generate`
 * writes the whole {@link Catalogue} to pkg/signals/catalogue.json).
 *
 * Nothing here imports from Grafana: the catalogue is also read by the generators and by Go.
 */

/** The five dimensions of Falco's guide to performance monitoring in production. */
export type DimensionId = 'resources' | 'continuity' | 'data-quality' | 'delivery' | 'security';

/** The products that are scraped. */
export type TargetKind = 'falco' | 'falcosidekick';

export interface Dimension {
  id: DimensionId;
  title: string;
  /** The question an operator asks of this dimension. */
  question: string;
}

/** Falco's engines as `scap_engine_name_info{engine_name}` spells them. */
export type Engine = 'modern_bpf' | 'kmod' | 'bpf' | 'nodriver' | 'source_plugin' | 'gvisor';

/**
 * What a signal cannot do without. A notice is made of it when a target that is up lacks the
 * metric: first the engine is looked at, then the version, then the switch is named.
 */
export interface Need {
  /** Full Prometheus name; any one of `anyOf` is as good. */
  metric: string;
  anyOf?: string[];
  /** Key of falco.yaml that switches the metric on. */
  config?: string;
  /** What has to be done on the host besides, e.g. a sysctl, in words. */
  host?: string;
  /** What switching it on costs, in words. */
  cost?: string;
  /** Engines that have the metric; without it: all. */
  engines?: Engine[];
  /** First Falco version (major.minor) that exports it. */
  since?: string;
  /** Who exports it, where that is not Falco: only a store can have it. */
  from?: 'cAdvisor' | 'kube-state-metrics';
  /** Values that stand for "unknown", e.g. 0 for the container's memory. */
  unknownValue?: { value: number; because: string; change: string };
}

export interface Thresholds {
  direction: 'above' | 'below';
  warning?: number;
  critical?: number;
  because: string;
  /** Address of the document or file that the figures rest on. */
  source: string;
}

/** One thing to change when the signal is bad. */
export interface Advice {
  /** When this piece of advice is the right one, in words. */
  when: string;
  /** What to change, naming exact keys of falco.yaml. */
  change: string;
  /** What the change costs. */
  cost: string;
}

export interface Signal {
  /** Public interface: never renamed, never reused. */
  id: string;
  title: string;
  dimension: DimensionId;
  /**
   * The kind of target that it describes. By default that follows from the metrics that it needs; the catalogue contains it
   * for every signal.
   */
  targetKind?: TargetKind;
  /** A Grafana unit id (`percentunit`, `bytes`, `cps`, `ns`, `s`, `dateTimeAsIso`, …). */
  unit: string;
  decimals?: number;
  min?: number;
  max?: number;
  /** One line for lists: what the figure means. */
  summary: string;
  /** Some sentences: how it is worked out, how to read it, what it cannot say. */
  description: string;
  /** PromQL with the placeholders `$groupBy`, `$identity`, `$filter`, `$window`, `$join`, and no others. */
  expr: string;
  /** `$identity` stands for the identity labels. `allowed` names what may be grouped by besides the default. */
  groupBy: { default: string[]; allowed: string[] };
  needs: Need[];
  thresholds?: Thresholds;
  /** The longest window that serves it: a state is hidden by what was before it. At least four scrapes are always taken. */
  maxWindow?: string;
  /** Which values come first where only the worst are asked for; without it the highest, or what the thresholds are against. */
  worst?: 'min';
  /** Clusters are counted as a whole: it cannot be filtered by node. */
  clusterScoped?: true;
  /** Nodes are held against each other: the figure of one depends on which others are asked about. */
  comparesNodes?: true;
  advice: Advice[];
  /** Page of Falco's documentation for this figure. */
  link: string;
  /** In a sentence without its full stop, why a node may have no value although nothing is wrong; shown in the notice. */
  noValueReason?: string;
  inStore?: InStore;
  /** Names for values, e.g. 0 = down. */
  values?: Array<{ value: number; text: string; level: 'ok' | 'warning' | 'critical' }>;
}

/** What a signal is worked out of where a store has more than Falco's own metrics. */
export interface InStore {
  /** A template as {@link Signal.expr}, and in its place. */
  expr: string;
  /** Metrics of other exporters that it reads; it is used where the store has all of them. */
  metrics: string[];
  /** Added to the description. */
  extraDescription: string;
}

/** A label that lives on an info series and reaches a signal through `$join`. */
export interface Grouping {
  /** The word used in `by` and in filters: version, engine, kernel. */
  id: string;
  /** The label's name on the info series and in the result. */
  label: string;
  metric: string;
  /** Matchers that pick the one info series per node, e.g. `evt_source=~"|syscall"`. */
  matchers?: string;
}

/** What the reader of answers has to know about Falco's and Falcosidekick's metrics. */
export interface Reading {
  /** The host name that an answer gives: becomes the label `node`. */
  host: { metric: string; label: string };
  /** Start time of the process, unix nanoseconds: tells a load balancer from a restart. */
  start: { metric: string };
  /** Time of the last configuration load. A hot reload resets counters and leaves the start time unchanged. */
  reload: { metric: string };
  /**
   * Counters that only fall when the process restarts or reloads: names that match `include` and do not match `exclude`
   * (regular expressions in RE2 syntax, anchored).
   */
  counters: { include: string; exclude: string };
  /** Facts shown in the health check and the target list, by grouping id; a value of `last` only where there is no other. */
  facts: Array<{ id: string; metric: string; label: string; last?: string[] }>;
  /** A metric that only a Falco (or a Falcosidekick) has, to tell "metrics, but not Falco's". */
  identifyingMetrics: Array<{ kind: TargetKind; prefix: string }>;
  /** Label names allowed on a metric; every other label is dropped at reading. */
  keepLabels: Array<{ metric: string; labels: string[] }>;
  /** Free text in a label is replaced by a word: every value but the allowed ones. */
  replaceValues: Array<{ metric: string; label: string; allowed: string[]; otherwise: string }>;
  /** Oldest Falco that is fully supported (major.minor). */
  oldestVersion: string;
  scraping: Scraping;
}

/** A switch of falco.yaml that the health check reports when it is off. */
export interface Switch {
  config: string;
  /** The metric whose presence proves that it is on. */
  metric: string;
  anyOf?: string[];
  engines?: Engine[];
  since?: string;
  host?: string;
  cost?: string;
  /** Off in the file that Falco ships: reported in a milder tone. */
  offByDefault?: boolean;
}

/** Something to change when a check is bad, and the figures that point to it. */
export interface CheckAdvice {
  /**
   * PromQL template (placeholders as in {@link Signal.expr}, `$groupBy` being `$identity`) with a sample for
   * every node where this advice is the right one; without it the advice always fits.
   */
  when?: string;
  /** What the figures say, in words. */
  why: string;
  /** What to change, naming exact keys of falco.yaml. */
  change: string;
  /** What the change costs. */
  cost: string;
}

/**
 * One row of the health table for every node: a signal, judged. The verdict comes from the signal's
 * thresholds; a node without a value is "unknown", with the reason that the signal's needs give.
 */
export interface Check {
  /** Public interface: never renamed, never reused. */
  id: string;
  signal: string;
  /** Which value stands for the node where the signal has several (per CPU, per destination). */
  worst: 'max' | 'min';
  /** Dimensions whose verdict it counts for besides that of its signal. */
  extraDimensions?: DimensionId[];
  /** The window of the judgement, e.g. `5m`; without it the query's. */
  window?: string;
  /** What each verdict means for the operator. */
  meaning: { ok: string; warning?: string; critical?: string };
  /** Worst first. The first whose `when` holds is shown, the others follow it. */
  advice: CheckAdvice[];
  /** No value is no news (a figure that only some engines have): no row instead of "unknown". */
  optional?: boolean;
}

/** A column of the inventory: a label of an info series, or the value of a metric. */
export interface InventoryColumn {
  id: string;
  title: string;
  metric: string;
  /** The label shown; without it the metric's value. Several series of one node are joined with a comma. */
  label?: string;
  /** Another label of the series, put before `label`: `falco_rules.yaml 1f0c3a77b2d4`. */
  prefix?: string;
  /** Show only so many characters of `label`; the whole is compared. */
  length?: number;
  /** For values: a Grafana unit id. */
  unit?: string;
  /** Divides a value, e.g. 1e6 for nanoseconds shown as a date. */
  divide?: number;
  /** Whether a node that differs from the majority is marked as odd. */
  compare?: boolean;
}

/** What the `events` kind finds in the history. */
export interface EventKind {
  id: string;
  title: string;
  /** `change`: the metric's value changes (the value is the time of the event, in nanoseconds, where `time` says so);
   * `label`: the label of an info series changes; `above`: the template crosses the bound upwards. */
  find: 'change' | 'label' | 'above';
  metric?: string;
  label?: string;
  /** Template for `above`, by `$identity`. */
  expr?: string;
  bound?: number;
  time?: 'nanoseconds';
  /** A change of this metric at the same time makes it no event of this kind (a restart is no reload). */
  unless?: string;
  /** `{{node}}`, `{{from}}`, `{{to}}`, `{{value}}` are replaced. */
  text: string;
  /** A Grafana unit id, for `{{value}}`. */
  unit?: string;
  level: 'info' | 'warning' | 'critical';
}

/** What the `rules` kind shows: one row a rule. */
export interface RuleTable {
  metric: string;
  rule: string;
  priority: string;
  /** Falco's digit → word. */
  priorities: Record<string, string>;
  source: string;
  tagPrefix: string;
}

/**
 * A setting that says what all Falcos are expected to have. An info series of it is written for each of them beside
 * `up`, one for each value.
 */
export interface Baseline {
  setting: 'version' | 'rules' | 'config';
  title: string;
  /** The series that is written. */
  metric: string;
  /** The label that holds a value, in the written series and in Falco's own. */
  label: string;
  /** Falco's own series that it is held against. */
  actualMetric: string;
  /** What a value has to look like: a regular expression, and in words. */
  form: string;
  formInWords: string;
}

export interface Catalogue {
  dimensions: Dimension[];
  groupings: Grouping[];
  /** Labels a metric has of its own, besides the target's (`cpu`, `drop`, `dir`, …). */
  metricLabels: Record<string, string[]>;
  reading: Reading;
  switches: Switch[];
  signals: Signal[];
  checks: Check[];
  inventory: InventoryColumn[];
  events: EventKind[];
  rules: RuleTable;
  /**
   * Gauges written for every target beside `up`, with its identity, from its settings; a fallback of 0
   * means: only when set. One `ofEntry` stands on each target for all of the entry, which the label `entry` tells apart.
   */
  targetGauges: Array<{
    setting: 'threadTableSize' | 'memoryLimit' | 'cpuLimit' | 'outputsQueueCapacity' | 'expectedInstances';
    metric: string;
    fallback: number;
    ofEntry?: true;
  }>;
  baselines: Baseline[];
  store: Store;
}

/** What has to be known of a Prometheus that scrapes Falco. */
export interface Store {
  /** The metrics by which a target shows what it is; any one will do. */
  identifyingMetrics: Array<{ kind: TargetKind; metrics: string[] }>;
  /** Counters that fall and return to their course although nothing restarted: an artefact, not a reset. */
  counterDips: {
    /** A counter that falls with the others. */
    metric: string;
    /** Changes when Falco restarts and its counters start again. */
    start: string;
    /** Changes when Falco reloads and its counters start again. */
    reload: string;
    /** A sentence on the cause, for notices. */
    cause: string;
  };
  /** Metrics of others than Falco that expressions for a store read. */
  externalMetrics: string[];
}

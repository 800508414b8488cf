/**
 * Types of the signal catalogue. `npm run generate` writes the whole {@link Catalogue} to
 * pkg/signals/catalogue.json, which Go embeds.
 *
 * Nothing here imports from Grafana: the generators read the catalogue too.
 */

/** The five dimensions of Falco's guide to performance monitoring in production. */
export type DimensionId = 'resources' | 'continuity' | 'data-quality' | 'delivery' | 'security';

/** The products that are scraped. */
export type TargetKind = 'falco' | 'falcosidekick' | 'node-exporter';

export interface Dimension {
  id: DimensionId;
  title: string;
  /** The question this dimension answers for an operator. */
  question: string;
}

/** Falco's engines as spelled in `scap_engine_name_info{engine_name}`. */
export type Engine = 'modern_bpf' | 'kmod' | 'bpf' | 'nodriver' | 'source_plugin' | 'gvisor';

/**
 * A metric that a signal requires. If a target that is up lacks it, a notice names the cause: the
 * engine, the Falco version or the setting, checked in this order.
 */
export interface Need {
  /** Full Prometheus name; any metric of `anyOf` is an alternative. */
  metric: string;
  anyOf?: string[];
  /** Key of falco.yaml that enables the metric. */
  config?: string;
  /** What to do on the host in addition, such as setting a sysctl. With `collector`, what its kernel needs. */
  host?: string;
  /** The cost of enabling it. */
  cost?: string;
  /** Engines that export the metric; default: all. */
  engines?: Engine[];
  /** First Falco version (major.minor) that exports it. */
  since?: string;
  /** The collector of node_exporter that exports the metric. */
  collector?: string;
  /**
   * What has the metric, if it is not Falco: another exporter, whose metrics exist only in prometheus
   * mode, or the alert receiver of this data source.
   */
  from?: 'cAdvisor' | 'kube-state-metrics' | 'alert receiver';
  /** A value that means "unknown", such as 0 for the container's memory. */
  unknownValue?: { value: number; because: string; change: string };
}

export interface Thresholds {
  direction: 'above' | 'below';
  warning?: number;
  critical?: number;
  because: string;
  /** URL of the document or file that the thresholds are based on. */
  source: string;
}

/** One change to make when the signal is bad. */
export interface Advice {
  /** When this advice applies. */
  when: string;
  /** What to change, naming exact keys of falco.yaml. */
  change: string;
  /** The cost of the change. */
  cost: string;
}

export interface Signal {
  /** Public name: never renamed, never reused. */
  id: string;
  title: string;
  dimension: DimensionId;
  /** The kind of target it describes; by default derived from the needed metrics. The catalogue contains it for every signal. */
  targetKind?: TargetKind;
  /** A Grafana unit id (`percentunit`, `bytes`, `cps`, `ns`, `s`, `dtdhms`, `count:CPUs`, …). */
  unit: string;
  decimals?: number;
  min?: number;
  max?: number;
  /**
   * The text for values above 0 that are too small to show with the decimals, such as "<0.01%", up to `to`. Derived from the
   * unit: the catalogue contains it for every signal that has one.
   */
  tiny?: { to: number; text: string };
  /**
   * The least upper end of an axis: Grafana would draw a flat line at 0 on an axis up to 100, or to 10,000 %. Derived like
   * `tiny`.
   */
  softMax?: number;
  /** One line for lists: what the value means. */
  summary: string;
  /** A few sentences: how it is calculated, how to read it and what its limits are. */
  description: string;
  /**
   * PromQL with the placeholders `$groupBy`, `$identity`, `$filter`, `$window` and `$join`. No
   * others exist.
   */
  expr: string;
  /** `$identity` stands for the identity labels. `allowed` lists further labels to group by. */
  groupBy: { default: string[]; allowed: string[] };
  needs: Need[];
  thresholds?: Thresholds;
  /**
   * Upper bound of the window: a longer one would hide the current state. The window still spans at
   * least four scrapes.
   */
  maxWindow?: string;
  /**
   * Which end of the range counts as worst when only the worst values are requested; default: the
   * one the thresholds guard against, else the highest.
   */
  worst?: 'min';
  /** The signal counts whole clusters and cannot be filtered by node. */
  clusterScoped?: true;
  /**
   * The signal compares nodes: its value for one node depends on which other nodes the query
   * selects.
   */
  comparesNodes?: true;
  /**
   * The signal adds up what happens on the host. Every Falco on a kernel counts it, so totals over nodes are too high where
   * several of them share one.
   */
  addsHostEvents?: true;
  advice: Advice[];
  /** Page about this value in Falco's documentation. */
  link: string;
  /**
   * Why a healthy node may have no value: a sentence without its full stop, shown in the notice.
   */
  noValueReason?: string;
  inStore?: InStore;
  /** Text for values, such as 0 = down. */
  values?: Array<{ value: number; text: string; level: 'ok' | 'warning' | 'critical' }>;
}

/** An alternative calculation for a Prometheus that has other exporters' metrics as well. */
export interface InStore {
  /** A template that replaces {@link Signal.expr}. */
  expr: string;
  /** Metrics of other exporters that it reads; it is used if Prometheus has all of them. */
  metrics: string[];
  /** Appended to the description. */
  extraDescription: string;
}

/** A label of an info series that `$join` adds to a signal. */
export interface Grouping {
  /** The name used in `groupBy` and in filters: version, engine, kernel. */
  id: string;
  /** Name of the label on the info series and in the result. */
  label: string;
  metric: string;
  /** Matchers that select the one info series of a node, such as `evt_source=~"|syscall"`. */
  matchers?: string;
}

/** A label whose values differ between metrics. A filter matches the same priorities in every metric. */
export interface PriorityLabel {
  label: string;
  /** The most severe first. Filters name them in any case. */
  words: string[];
  /** Falco's digit for each word. Filters may use it as well. */
  digits: string[];
  /** By metric, the value for each word. */
  values: Record<string, string[]>;
}

/** What the exposition parser needs to know about the metrics of Falco, Falcosidekick and node_exporter. */
export interface Reading {
  /** The metric and label with Falco's host name; its value becomes the label `node`. */
  host: { metric: string; label: string };
  /** The same for node_exporter. */
  nodeExporterHost: { metric: string; label: string };
  /** Tells which collectors of node_exporter are on: 1 if one found something to read, 0 if it found nothing. */
  collectors: { metric: string; label: string };
  /** Start time of the process in unix nanoseconds, which tells a restart from a load balancer. */
  start: { metric: string };
  /** Time of the last configuration load. A hot reload resets counters and leaves the start time unchanged. */
  reload: { metric: string };
  /**
   * Counters that only fall when the process restarts or reloads: names that match `include` and do not match `exclude`
   * (regular expressions in RE2 syntax, anchored).
   */
  counters: { include: string; exclude: string };
  /**
   * Facts for the health check and the list of targets, by grouping id. A value in `last` is used
   * only if there is no other.
   */
  facts: Array<{ id: string; metric: string; label: string; last?: string[] }>;
  /**
   * Metric name prefixes that only one kind of target uses. They identify what kind of target
   * answered.
   */
  identifyingMetrics: Array<{ kind: TargetKind; prefix: string }>;
  /** The metrics to keep of kinds of targets that export many others. All metrics of other kinds are kept. */
  keepMetrics: Array<{ kind: TargetKind; metrics: string[] }>;
  /** Matchers, as in PromQL, for the series of a metric to keep; the parser drops all others. */
  keepSeries: Array<{ metric: string; label: string; operator: '=~' | '!~'; value: string }>;
  /** Labels to keep on a metric; the parser drops all others, and adds up the series that become one. */
  keepLabels: Array<{ metric: string; labels: string[] }>;
  /** Replaces free text in a label: every value except the allowed ones becomes `otherwise`. */
  replaceValues: Array<{ metric: string; label: string; allowed: string[]; otherwise: string }>;
  /** Oldest fully supported Falco version (major.minor). */
  oldestVersion: string;
  scraping: Scraping;
}

/** A setting of falco.yaml that the health check reports when it is off. */
export interface Switch {
  config: string;
  /** The metric whose presence proves that the setting is on. */
  metric: string;
  anyOf?: string[];
  engines?: Engine[];
  since?: string;
  host?: string;
  cost?: string;
  /** Off in the falco.yaml that Falco ships; reported as a hint. */
  offByDefault?: boolean;
}

/** One change to make when a check is bad, and the condition under which it applies. */
export interface CheckAdvice {
  /**
   * PromQL template with the placeholders of {@link Signal.expr}, where `$groupBy` is `$identity`.
   * It has a sample for every node to which the advice applies; without it the advice always
   * applies.
   */
  when?: string;
  /** What the metrics show. */
  why: string;
  /** What to change, naming exact keys of falco.yaml. */
  change: string;
  /** The cost of the change. */
  cost: string;
}

/**
 * One row of the health table for every node: a signal and its verdict. The verdict follows from
 * the thresholds of the signal. A node without a value is "unknown", with the reason that the needs
 * of the signal give.
 */
export interface Check {
  /** Public name: never renamed, never reused. */
  id: string;
  signal: string;
  /** Which value decides if the signal has several for a node (per CPU, per destination). */
  worst: 'max' | 'min';
  /** Further dimensions whose verdict includes this check. */
  extraDimensions?: DimensionId[];
  /** Window of the check, such as `5m`; default: that of the query. */
  window?: string;
  /** Column of the inventory that tells in which files a node differs. */
  column?: string;
  /** What each verdict means for the operator. */
  meaning: { ok: string; warning?: string; critical?: string };
  /** Ordered by priority. The first entry whose `when` holds is shown first, the others follow. */
  advice: CheckAdvice[];
  /**
   * Omit the row instead of reporting "unknown" if there is no value, for example for a metric that
   * only some engines have.
   */
  optional?: boolean;
  /**
   * A cheap template with a value for each node. Where that is 0, so is the value of the check, if
   * the node has the signal's metrics: an expensive check is evaluated for the other nodes only.
   */
  zeroWith?: string;
}

/** A column of the inventory: a label of an info series, or the value of a metric. */
export interface InventoryColumn {
  id: string;
  title: string;
  metric: string;
  /**
   * The label to show; default: the value of the metric. Several series of one node are joined with
   * a comma.
   */
  label?: string;
  /** Another label of the series, shown before `label`: `falco_rules.yaml 1f0c3a77b2d4`. */
  prefix?: string;
  /** Number of characters of `label` to show; comparisons use the whole value. */
  length?: number;
  /** A Grafana unit id, for values. */
  unit?: string;
  /** Divisor of the value, such as 1e6 to show nanoseconds as a date. */
  divide?: number;
  /** Whether to mark a node that differs from the majority. */
  compare?: boolean;
  /** Width in a table, in pixels. */
  width?: number;
  /** Whether tables hide it by default. */
  hidden?: boolean;
}

/** An event that queries of type `events` detect in the history. */
export interface EventKind {
  id: string;
  title: string;
  /**
   * `change`: the value of the metric changes (with `time`, the value is the time of the event in
   * nanoseconds). `label`: the label of an info series changes. `above`: the template rises above
   * the bound. `history`: the samples of the data source start; it is about no node.
   */
  find: 'change' | 'label' | 'above' | 'history';
  metric?: string;
  label?: string;
  /** Template for `above`, grouped by `$identity`. */
  expr?: string;
  bound?: number;
  time?: 'nanoseconds';
  /**
   * If this metric changes at the same time, it is not an event of this kind: a restart is not a
   * reload.
   */
  unless?: string;
  /** `{{node}}`, `{{from}}`, `{{to}}` and `{{value}}` are replaced. */
  text: string;
  /** A Grafana unit id for `{{value}}`. */
  unit?: string;
  level: 'info' | 'warning' | 'critical';
}

/** What queries of type `impact` compare before and after a change of Falco. */
export interface Impact {
  /** Event types that are changes of Falco, the most significant first: it names a change of several types. */
  changes: string[];
  /** Event types that are not, but change the figures: nodes with such an event are not compared. */
  disturbances: string[];
  /** The signal that figures are normalised by. */
  load: string;
  figures: ImpactFigure[];
}

/** A signal by node that is compared. */
export interface ImpactFigure {
  signal: string;
  /** What it describes: the node and its applications, or Falco. */
  subject: 'node' | 'falco';
  /** Undefined if neither is worse. */
  worse?: 'higher' | 'lower';
  /** Show the change as a difference: a share of a value near 0 says little. */
  absolute?: true;
}

/** What queries of type `rules` show: one row per rule. */
export interface RuleTable {
  metric: string;
  rule: string;
  priority: string;
  /** From Falco's digit to the word. */
  priorities: Record<string, string>;
  source: string;
  tagPrefix: string;
  /** Why there may be no rule: a rule's counter appears with its first match. */
  noValueReason: string;
}

/**
 * A setting with the values that all Falco instances should have. The scraper writes an info series
 * with each value beside the `up` of every target.
 */
export interface Baseline {
  setting: 'version' | 'rules' | 'config';
  title: string;
  /** Name of the series that the scraper writes. */
  metric: string;
  /** The label with the value, both in that series and in Falco's own. */
  label: string;
  /** Falco's own series to compare with. */
  actualMetric: string;
  /** The format of a value: a regular expression, and a description. */
  form: string;
  formInWords: string;
}

/** What the alert receiver has to know about Falco's own alerts. */
export interface Receiver {
  messages: Array<{
    /** The rule that Falco gives as the source of the alert. */
    rule: string;
    /** The output field that becomes the label `source` of the series. */
    sourceField: string;
    /** Numeric output fields and the series that they become. */
    fields: Array<{ name: string; metric: string }>;
  }>;
  /**
   * Names of all series of the receiver, apart from those of `messages`. They belong to the node that
   * sent the alerts, not to the target that exposes them.
   */
  metrics: string[];
  /** Names of the series of the receiver that belong to no node: its settings, and its own counters. */
  ownMetrics: string[];
  /** The signal that tells how far a node's clock is ahead, and the metrics that are wrong then. */
  clock: { signal: string; metrics: string[] };
}

export interface Catalogue {
  dimensions: Dimension[];
  groupings: Grouping[];
  /** Labels of the metric itself (`cpu`, `drop`, `dir`, …), apart from those of the target. */
  metricLabels: Record<string, string[]>;
  priority: PriorityLabel;
  /** Metrics that belong to the Falco that another label names: filters on the identity and on labels of the target do not apply. */
  metricsByHost: string[];
  reading: Reading;
  switches: Switch[];
  signals: Signal[];
  checks: Check[];
  inventory: InventoryColumn[];
  events: EventKind[];
  impact: Impact;
  rules: RuleTable;
  /**
   * Gauges that the scraper writes from the settings, with the identity of each target, beside
   * `up`. A fallback of 0 writes the gauge only if the setting is given. With `ofEntry` the value
   * applies to all targets of an entry together, which share the label `entry`.
   */
  targetGauges: Array<{
    setting: 'threadTableSize' | 'memoryLimit' | 'cpuLimit' | 'outputsQueueCapacity' | 'expectedInstances';
    metric: string;
    fallback: number;
    ofEntry?: true;
  }>;
  baselines: Baseline[];
  store: Store;
  receiver: Receiver;
  /**
   * The clocks of the nodes. `ahead` is a template, grouped by `$identity`: how far the clock of a node is ahead of the
   * scraper's, in seconds; negative if it is behind. Differences up to `tolerance` seconds are not reported.
   */
  clock: { ahead: string; tolerance: number };
  /** The signal that is above 1 for a Falco that shares its kernel, and the totals that count each kernel once. */
  sharedKernel: { signal: string; totals: string[] };
}

/** What is specific to a Prometheus that scrapes Falco. */
export interface Store {
  /** Metrics that identify a target; any one of them is enough. */
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
  /** Metrics of other exporters that expressions for Prometheus read. */
  externalMetrics: string[];
}

/** What the plugin's backend needs to know about Falco, Falcosidekick and node_exporter to scrape them and to explain failures. */
export interface Scraping {
  /** Where each kind of target serves its metrics by default, and what to check if it does not. */
  endpoints: Endpoint[];
  /** Servers of the same products that people take for a metrics endpoint. */
  otherServers: Array<{ port: number; server: string }>;
  /**
   * Falco from version `since` serves a snapshot of its metrics that it refreshes every `intervalSeconds`. Requests that
   * overlap can crash an older Falco; `olderVersions` is a regular expression for those versions.
   */
  snapshot: { since: string; olderVersions: string; intervalSeconds: number };
  /** Counters that the scraper writes for every target beside `up`. */
  targetCounters: {
    /** Connections that were refused, reset or cut off: they show a crash loop whose process is never scraped. */
    connectionFailures: string;
    /** Responses that were cut off and followed by a new start time. */
    crashesWhileScraped: string;
    /** Scrapes that showed that counters had fallen without a restart and have come back. */
    counterDips: string;
  };
  /** What to change where the host name that Falco reports is not the name of the node; a sentence without a full stop. */
  hostNameFix: string;
  /** Metric of the start time in unix seconds, for targets that do not export {@link Reading.start}. */
  processStartMetric: string;
  /** Values of metrics with this suffix are unix times in nanoseconds, which a double cannot hold. */
  nanosecondTimeSuffix: string;
  /**
   * Metrics of BPF programs contain the program's name, which the kernel truncates to `nameLength` characters, so several
   * programs may share a series.
   */
  truncatedPrograms: { prefixes: string[]; nameLength: number; suffixes: string[] };
}

export interface Endpoint {
  kind: TargetKind;
  title: string;
  port: number;
  path: string;
  /** Completes "Check that …" when nothing listens. */
  running: string;
  /** Causes of a 404, apart from a wrong path. `starting` is only a cause for the first minutes. */
  notFound?: { starting: string; disabled: string; fix: string };
  /** What is unknown without a target of this kind: a sentence without its full stop. */
  unseen?: string;
  /** The port and the labels of the Service with the metrics, as the Helm chart creates it. */
  service: { port: string; labels: Record<string, string> };
}

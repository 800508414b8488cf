import { DEFAULT_SIGNAL, QUERY_VERSION } from './query';

/** Defaults of the settings. */
export const DEFAULTS = {
  scrapeInterval: '15s',
  scrapeTimeout: '10s',
  retention: { time: '24h', size: '512MB' },
  limits: {
    bodySizeLimit: '16MB',
    sampleLimit: 20_000,
    labelValueLengthLimit: 1024,
    labelLimit: 64,
    targetLimit: 5000,
    responseSizeLimit: '256MB',
    resultCacheSize: '128MB',
    maxSamples: 50_000_000,
    queryTimeout: '30s',
    expressionSizeLimit: '64KB',
    expressionDepthLimit: 256,
  },
  live: { minInterval: '1s', allowViewers: false },
  receiver: {
    enabled: false,
    objective: '30s',
    rateLimit: 2_000,
    seriesLimit: 10_000,
    minimumPriority: 'debug',
    canary: { period: '5m' },
  },
  prometheus: { identityLabels: ['instance'], method: 'POST', tenantHeader: 'X-Scope-OrgID' },
} as const;

/** Bounds of settings in milliseconds, both inclusive. */
export const BOUNDS = {
  /** Two scrapes have to lie within PromQL's lookback of five minutes. */
  scrapeIntervalMs: { min: 1_000, max: 150_000 },
  liveIntervalMs: { min: 500, max: 60_000 },
  retentionTimeMs: { min: 60_000, max: 10 * 365 * 86_400_000 },
} as const;

/** The impact report: the default length of each window, and the limits of the settings. */
export const IMPACT = { window: '1h', expressionLimit: 20, worse: ['higher', 'lower'] } as const;

/** Names and titles of the columns of tables, in their order. Those of target labels and of the catalogue are not listed. */
export const COLUMNS = {
  /** One row for each node and check. */
  health: [
    { name: 'cluster', title: 'Cluster' },
    { name: 'node', title: 'Node' },
    { name: 'dimension', title: 'Dimension' },
    { name: 'check', title: 'Check' },
    { name: 'verdict', title: 'Verdict' },
    { name: 'text', title: 'Value' },
    { name: 'step', title: 'First step' },
    { name: 'details', title: 'Details' },
    { name: 'meaning', title: 'Meaning' },
    { name: 'change', title: 'Action' },
    { name: 'link', title: 'Documentation' },
    { name: 'value', title: 'Number' },
    { name: 'id', title: 'Check ID' },
  ],
  /** One row for each group, after the labels that it is grouped by. */
  healthSummary: [
    { name: 'verdict', title: 'Verdict' },
    { name: 'critical', title: 'Critical' },
    { name: 'warning', title: 'Warning' },
    { name: 'unknown', title: 'Unknown' },
    { name: 'ok', title: 'Ok' },
    { name: 'worst', title: 'Worst results' },
  ],
  /** Of the worst node, besides those of healthSummary, if there is one row for each check. */
  healthOfChecks: [
    { name: 'node', title: 'Node' },
    { name: 'text', title: 'Value' },
    { name: 'nodes', title: 'Nodes' },
    { name: 'step', title: 'First step' },
    { name: 'details', title: 'Details' },
  ],
  inventory: [
    { name: 'cluster', title: 'Cluster' },
    { name: 'node', title: 'Node' },
    { name: 'state', title: 'State' },
    { name: 'differs', title: 'Differs' },
    { name: 'odd', title: 'Odd' },
    { name: 'off', title: 'Switched off' },
    { name: 'on', title: 'Switched on' },
    { name: 'address', title: 'Address' },
  ],
} as const;

/** Names that the settings may give to labels: Prometheus's rule, without the names that Prometheus reserves. */
export const LABEL_NAME = '^([a-zA-Z]|_([a-zA-Z0-9]|$))[a-zA-Z0-9_]*$';

/** Parts of parameter names that suggest a secret, and whole names that do. */
export const SECRETS = {
  words: ['token', 'key', 'pass', 'pwd', 'secret', 'auth', 'credential', 'signature', 'jwt', 'bearer', 'session'],
  names: ['sig'],
} as const;

/** What the browser and the backend have to agree on. `npm run generate` writes it to pkg/contract/contract.json, which Go reads. */
export const CONTRACT = {
  defaults: { mode: 'scrape', ...DEFAULTS },
  bounds: BOUNDS,
  modes: ['scrape', 'prometheus'],
  targetKinds: ['falco', 'falcosidekick', 'node-exporter'],
  discoveries: ['static', 'dns', 'srv', 'http'],
  query: {
    version: QUERY_VERSION,
    defaultSignal: DEFAULT_SIGNAL,
    types: ['signal', 'health', 'inventory', 'rules', 'events', 'impact', 'promql'],
    formats: ['timeseries', 'table'],
    operators: ['=', '!=', '=~', '!~'],
  },
  columns: COLUMNS,
  impact: IMPACT,
  labelName: LABEL_NAME,
  secrets: SECRETS,
} as const;

import { type DataSourceJsonData } from '@grafana/data';
import { DEFAULTS } from './contract';
import { type TargetKind } from './signals/types';
import { parseDuration } from './signals/window';
import { parseSize } from './sizes';

/** Limits and sizes that Falco does not export. Signals such as memory limit usage are relative to them. */
export interface TargetCapacity {
  threadTableSize?: number;
  memoryLimit?: string;
  /** As Kubernetes writes it: `500m`, `0.5` or 2. */
  cpuLimit?: string | number;
  outputsQueueCapacity?: number;
  expectedInstances?: number;
}

export interface TargetSettings extends TargetCapacity {
  /** A bare `host:port` means `http://host:port/metrics`. */
  url: string;
  kind?: TargetKind;
  discovery?: 'static' | 'dns' | 'srv' | 'http';
  labels?: Record<string, string>;
  /** Allows discovered targets on loopback addresses. */
  allowLoopback?: boolean;
}

/** A figure of the user's own in the impact report. */
export interface ImpactExpression {
  name: string;
  /** PromQL with one series per node, in the labels of the samples. */
  expression: string;
  /** A Grafana unit id. */
  unit?: string;
  /** Undefined if neither is worse. */
  worse?: 'higher' | 'lower';
}

/** A Prometheus-compatible server. All instances share one capacity here. */
export interface PrometheusSettings extends TargetCapacity {
  /** The part of the URL before /api/v1. */
  url?: string;
  /** Labels that identify an instance: the node, optionally preceded by the cluster. */
  identityLabels?: string[];
  /** Added to every selector: `job="falco", cluster=~"prod.*"`. */
  matchers?: string;
  /**
   * The label that the series of node_exporter and of Falco have in common; default: the last of identityLabels. Of
   * `instance`, only the host is compared. `nodename` is that of node_uname_info.
   */
  nodeExporterLabel?: string;
  method?: 'GET' | 'POST';
  /** Added to every request, URL-encoded: `dedup=true&partial_response=true`. */
  parameters?: string;
  tenant?: string;
  /** The header that carries the tenant. */
  tenantHeader?: string;
}

/** The jsonData of the data source. Credentials are stored the way Grafana's HTTP settings store them. */
export interface FalcoSettings extends DataSourceJsonData {
  mode?: 'scrape' | 'prometheus';
  targets?: TargetSettings[];
  scrapeInterval?: string;
  scrapeTimeout?: string;
  /** How long samples are kept in memory (`24h`) and how much memory they may use (`512MB`). */
  retention?: { time?: string; size?: string };
  limits?: {
    bodySizeLimit?: string;
    sampleLimit?: number;
    labelValueLengthLimit?: number;
    labelLimit?: number;
    targetLimit?: number;
    /** Size of a response of the Prometheus server. */
    responseSizeLimit?: string;
    /** Memory for values that other requests use again, in scrape mode. */
    resultCacheSize?: string;
    maxSamples?: number;
    queryTimeout?: string;
    expressionSizeLimit?: string;
    expressionDepthLimit?: number;
  };
  live?: { minInterval?: string; allowViewers?: boolean };
  baseline?: { version?: string; rules?: string; config?: string };
  prometheus?: PrometheusSettings;
  /** The alert receiver. Its shared secret is the secure setting `receiverSecret`. */
  receiver?: {
    enabled?: boolean;
    /** The time within which an alert should arrive: one of the bounds of the histogram, such as 10s, 30s or 1m. */
    objective?: string;
    /** Alerts accepted in a second. */
    rateLimit?: number;
    /** Combinations of node, path, priority, source and rule that are counted. */
    seriesLimit?: number;
    /** The lowest priority whose alerts are sent to the receiver, in Falco's words. */
    minimumPriority?: string;
    /** The rules whose alerts are sent to the receiver, if not all are. */
    rules?: string[];
    /** The rule that a job triggers on every node, and how often it does. */
    canary?: { rule?: string; period?: string };
  };
  impact?: { expressions?: ImpactExpression[] };
  /** Set by Grafana's own switch. */
  enableSecureSocksProxy?: boolean;
  version?: number;
}

/** Passwords, certificates and header values, under the names of Grafana's HTTP settings. */
export type FalcoSecrets = Record<string, string>;

export { DEFAULTS };

/** The limits of expressions; see src/promql/bounds.ts. The backend reports an invalid size; here the default replaces it. */
export function expressionBounds({ limits = {} }: FalcoSettings): { sizeBytes: number; depth: number } {
  const { expressionSizeLimit, expressionDepthLimit } = DEFAULTS.limits;
  return {
    sizeBytes: parseSize(limits.expressionSizeLimit || expressionSizeLimit) ?? parseSize(expressionSizeLimit)!,
    depth: limits.expressionDepthLimit || expressionDepthLimit,
  };
}

/** Milliseconds between live scrapes; 0 if live updates are turned off. */
export function liveInterval(settings: FalcoSettings): number {
  return parseDuration(settings.live?.minInterval || DEFAULTS.live.minInterval) ?? 0;
}

import { BOUNDS, LABEL_NAME, SECRETS } from '../../contract';
import { type TargetSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { parseSize } from '../../sizes';

/** A message that says what is wrong and what to change; undefined for valid input. */
type Problem = string | undefined;

const READABLE = 'Everyone who can query this data source can read';

/** Checks the address of a target. A bare `host:port` means http and /metrics, as in the backend. */
export function urlProblem({ url, discovery }: TargetSettings): Problem {
  const text = url.trim();
  if (text === '') {
    return 'Enter an Address, for example falco.example:8765.';
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return `Address must start with http:// or https://, found ${scheme}://.`;
  }
  // SRV records contain the port.
  if (scheme === undefined && discovery !== 'srv' && !/^[^/]*:\d/.test(text)) {
    return `“${text}” has no port. Expected host:port, for example ${text.split('/')[0]}:8765, or a URL.`;
  }
  const parsed = parseUrl(scheme === undefined ? `http://${text}` : text);
  if (!parsed) {
    return `“${text}” is not a valid Address. Expected host:port or http://host:port/metrics.`;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return `${READABLE} this Address. Remove the username and password and use basic authentication below.`;
  }
  const secret = [...parsed.searchParams.keys()].find(isSecret);
  if (secret !== undefined) {
    return `${READABLE} this Address, and “${secret}” looks like a secret. Remove it and send it as an HTTP header below.`;
  }
  return undefined;
}

/** Removes the user info and the secret query parameters of an address. */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^(https?:\/\/)?[^/?#]*@/i, '$1')
    .replace(/([?&])([^=&#]+)=[^&#]*/g, (pair: string, mark: string, name: string) => (isSecret(name) ? mark : pair))
    .replace(/[?&]+(?=[?&#]|$)/g, '');
}

/** Checks URL-encoded query parameters. */
export function parametersProblem(text: string): Problem {
  const secret = [...new URLSearchParams(text).keys()].find(isSecret);
  return secret === undefined
    ? undefined
    : `${READABLE} Query parameters, and “${secret}” looks like a secret. Remove it and send it as an HTTP header below.`;
}

function isSecret(name: string): boolean {
  const lower = name.toLowerCase();
  return SECRETS.names.some((secret) => secret === lower) || SECRETS.words.some((word) => lower.includes(word));
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Checks a pinned value, or several separated by commas, against the format of the baseline. */
export function baselineProblem(label: string, text: string | undefined, form: string, formInWords: string): Problem {
  const invalid = (text ?? '').split(/[\s,]+/).find((value) => value !== '' && !new RegExp(form).test(value));
  return invalid === undefined ? undefined : `${label}: “${invalid}” is invalid. Expected ${formInWords}.`;
}

export function intervalProblem(text: string): Problem {
  const length = parseDuration(text);
  if (length === undefined) {
    return `“${text}” is not a duration. Scrape interval must be, for example, 15s or 1m.`;
  }
  const { min, max } = BOUNDS.scrapeIntervalMs;
  return length < min || length > max
    ? `Scrape interval must be between 1s and 2m30s, because PromQL looks back five minutes and needs two scrapes in them.`
    : undefined;
}

/** Checks the scrape timeout, which must not exceed the scrape interval. */
export function timeoutProblem(text: string, interval: string): Problem {
  const length = parseDuration(text);
  if (length === undefined || length <= 0) {
    return `“${text}” is not a duration. Scrape timeout must be, for example, 10s.`;
  }
  const longest = parseDuration(interval);
  if (longest !== undefined && length > longest) {
    return `Scrape timeout must not be longer than Scrape interval. ${interval} is used instead.`;
  }
  return undefined;
}

/** Checks a duration that has to be above 0. */
export function durationProblem(text: string): Problem {
  return parseDuration(text) ? undefined : `“${text}” is not a duration above 0. Expected, for example, 30s.`;
}

/** Checks how long samples are kept. */
export function retentionProblem(text: string): Problem {
  const { min, max } = BOUNDS.retentionTimeMs;
  const length = parseDuration(text) ?? 0;
  return (
    durationProblem(text) ?? (length < min || length > max ? 'Retention time must be between 1m and 10y.' : undefined)
  );
}

/** Checks an amount of memory or bytes. */
export function sizeProblem(text: string): Problem {
  return parseSize(text) ? undefined : `“${text}” is not a size above 0. Expected, for example, 512MB or 1GB.`;
}

/** Checks the minimum interval of live scrapes. */
export function liveProblem(text: string): Problem {
  const length = text === '0' ? 0 : parseDuration(text);
  const { min, max } = BOUNDS.liveIntervalMs;
  return length === 0 || (length !== undefined && length >= min && length <= max)
    ? undefined
    : 'Minimum interval must be between 500ms and 1m, or 0 to turn live updates off.';
}

const MEMORY = /^\d+(\.\d+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/;

/** Checks a memory limit in Kubernetes notation. */
export function memoryProblem(text: NonNullable<TargetSettings['memoryLimit']>): Problem {
  return MEMORY.test(text) && parseFloat(text) > 0
    ? undefined
    : `“${text}” is not an amount of memory. Expected, for example, 512Mi or 1Gi.`;
}

/** Checks a CPU limit in Kubernetes notation, as a number or as text. */
export function cpuProblem(limit: NonNullable<TargetSettings['cpuLimit']>): Problem {
  return limit === '' || /^\d+(\.\d+)?m?$/.test(String(limit))
    ? undefined
    : `“${limit}” is not an amount of CPU. Expected, for example, 500m, 0.5 or 2.`;
}

/** Parses `cluster=prod, zone=a`. Values can contain anything but commas. */
export function parseLabels(text: string): { labels: Record<string, string>; problem?: Problem } {
  const labels: Record<string, string> = {};
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') {
      continue;
    }
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (equals < 0 || value === '') {
      return { labels, problem: `“${pair}” is not a label. Expected name=value, for example cluster=prod.` };
    }
    if (!new RegExp(LABEL_NAME).test(name)) {
      return {
        labels,
        problem: `“${name}” is not a valid label name. Expected letters, digits and underscores, not starting with a digit or two underscores.`,
      };
    }
    if (name === 'kind') {
      return { labels, problem: 'The label “kind” is reserved for the plugin. Choose another name.' };
    }
    if (name in labels) {
      return { labels, problem: `The label “${name}” is defined twice. Remove one.` };
    }
    labels[name] = value;
  }
  return { labels };
}

export function printLabels(labels: Record<string, string> = {}): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

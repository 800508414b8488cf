import { type TargetSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { parseSize } from '../../sizes';

/** Every function here returns what is wrong, in words that say what to change; nothing when all is well. */
type Problem = string | undefined;

/** What the names of secrets are made of; the list of pkg/httpclient/secret.go, a test compares them. */
export const SECRET_WORDS = 'token key pass pwd secret auth credential signature jwt bearer session'.split(' ');

/** The address of a target, as the backend reads it: a bare `host:port` means http and /metrics. */
export function urlProblem({ url, discovery }: TargetSettings): Problem {
  const text = url.trim();
  if (text === '') {
    return 'Enter an address, for example falco.example:8765.';
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return `Expected http:// or https://, found ${scheme}://.`;
  }
  // The ports of a service record come with it.
  if (scheme === undefined && discovery !== 'srv' && !/^[^/]*:\d/.test(text)) {
    return `“${text}” has no port. Expected host:port, for example ${text.split('/')[0]}:8765, or a URL.`;
  }
  const parsed = parseUrl(scheme === undefined ? `http://${text}` : text);
  if (!parsed) {
    return `“${text}” is no address. Expected host:port or http://host:port/metrics.`;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return 'Everyone who may use this data source can read its addresses. Take the user name and password out and use basic authentication below.';
  }
  const secret = [...parsed.searchParams.keys()].find(isSecret);
  if (secret !== undefined) {
    return `Everyone who may use this data source can read its addresses, and “${secret}” looks like a secret. Take it out and send it as an HTTP header below.`;
  }
  return undefined;
}

/** The address without what would tell a secret to everyone who may use the data source. */
export function withoutSecrets(url: string): string {
  return url
    .replace(/^(https?:\/\/)?[^/?#]*@/i, '$1')
    .replace(/([?&])([^=&#]+)=[^&#]*/g, (pair: string, mark: string, name: string) => (isSecret(name) ? mark : pair))
    .replace(/[?&]+(?=[?&#]|$)/g, '');
}

/** Parameters as in an address. */
export function parametersProblem(text: string): Problem {
  const secret = [...new URLSearchParams(text).keys()].find(isSecret);
  return secret === undefined
    ? undefined
    : `Everyone who may use this data source can read this, and “${secret}” looks like a secret. Take it out and send it as an HTTP header below.`;
}

function isSecret(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'sig' || SECRET_WORDS.some((word) => lower.includes(word));
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Values of a pinned baseline, as the backend takes them apart. */
export function baselineProblem(text: string | undefined, form: string, formInWords: string): Problem {
  const wrong = (text ?? '').split(/[\s,]+/).find((value) => value !== '' && !new RegExp(form).test(value));
  return wrong === undefined ? undefined : `“${wrong}”: expected ${formInWords}.`;
}

/** How often targets are asked. */
export function intervalProblem(text: string): Problem {
  const length = parseDuration(text);
  if (length === undefined) {
    return `“${text}” is no duration. Expected something like 15s or 1m.`;
  }
  // The backend's bounds: pkg/datasource/settings.go.
  return length < 1000 || length > 150_000
    ? `Expected between 1s and 2m30s, found ${text}: PromQL looks back five minutes, and two scrapes have to lie within.`
    : undefined;
}

/** How long a target may take to answer; never longer than the interval. */
export function timeoutProblem(text: string, interval: string): Problem {
  const length = parseDuration(text);
  if (length === undefined || length <= 0) {
    return `“${text}” is no duration. Expected something like 10s.`;
  }
  const longest = parseDuration(interval);
  if (longest !== undefined && length > longest) {
    return `${text} is longer than the scrape interval, so ${interval} will hold. Expected ${interval} or less.`;
  }
  return undefined;
}

/** How long a query may run. */
export function durationProblem(text: string): Problem {
  return parseDuration(text) ? undefined : `“${text}” is no duration above 0. Expected something like 30s.`;
}

/** An amount of memory or bytes; the backend's rule is in pkg/datasource/settings.go. */
export function sizeProblem(text: string): Problem {
  return parseSize(text) ? undefined : `“${text}” is not a size above 0. Expected something like 512MB or 1GB.`;
}

/** How close together live scrapes may be; the backend's bounds are in pkg/datasource/live.go. */
export function liveProblem(text: string): Problem {
  const length = text === '0' ? 0 : parseDuration(text);
  return length === 0 || (length !== undefined && length >= 500 && length <= 60_000)
    ? undefined
    : `Expected between 500ms and 1m, or 0 to turn live off, found ${text}.`;
}

const MEMORY = /^\d+(\.\d+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/;

/** A container's memory limit as Kubernetes writes it; 0 is none. */
export function memoryProblem(text: NonNullable<TargetSettings['memoryLimit']>): Problem {
  return MEMORY.test(text) && parseFloat(text) > 0
    ? undefined
    : `“${text}” is no amount of memory. Expected something like 512Mi or 1Gi.`;
}

const LABEL_NAME = /^(?!.*__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Reads `cluster=prod, zone=a`; values may hold anything but commas. */
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
      return { labels, problem: `“${pair}” is no label. Expected name=value, for example cluster=prod.` };
    }
    if (!LABEL_NAME.test(name)) {
      return {
        labels,
        problem: `“${name}” is no label name. Expected letters, digits and single underscores, not starting with a digit.`,
      };
    }
    if (name === 'kind') {
      return { labels, problem: 'The label “kind” is written by the plugin itself. Choose another name.' };
    }
    if (name in labels) {
      return { labels, problem: `The label “${name}” stands there twice. Take one away.` };
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

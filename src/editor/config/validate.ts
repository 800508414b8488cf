import { BOUNDS, LABEL_NAME, SECRETS } from '../../contract';
import { t } from '../../i18n';
import { type TargetSettings } from '../../settings';
import { parseDuration } from '../../signals/window';
import { parseSize } from '../../sizes';

/** A message that says what is wrong and what to change; undefined for valid input. */
type Problem = string | undefined;

/** Checks the address of a target. A bare `host:port` means http and /metrics, as in the backend. */
export function urlProblem({ url, discovery }: TargetSettings): Problem {
  const text = url.trim();
  if (text === '') {
    return t('config.problem.address-empty', 'Enter an Address, for example falco.example:8765.');
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return t('config.problem.address-scheme', 'Address must start with http:// or https://, found {{scheme}}://.', {
      scheme,
    });
  }
  // SRV records contain the port.
  if (scheme === undefined && discovery !== 'srv' && !/^[^/]*:\d/.test(text)) {
    return t(
      'config.problem.address-port',
      '“{{text}}” has no port. Expected host:port, for example {{host}}:8765, or a URL.',
      { text, host: text.split('/')[0]! }
    );
  }
  const parsed = parseUrl(scheme === undefined ? `http://${text}` : text);
  if (!parsed) {
    return t(
      'config.problem.address-invalid',
      '“{{text}}” is not a valid Address. Expected host:port or http://host:port/metrics.',
      { text }
    );
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return t(
      'config.problem.address-password',
      'Everyone who can query this data source can read this Address. Remove the username and password and use basic authentication below.'
    );
  }
  const secret = [...parsed.searchParams.keys()].find(isSecret);
  if (secret !== undefined) {
    return t(
      'config.problem.address-secret',
      'Everyone who can query this data source can read this Address, and “{{secret}}” looks like a secret. Remove it and send it as an HTTP header below.',
      { secret }
    );
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
    : t(
        'config.problem.parameters-secret',
        'Everyone who can query this data source can read Query parameters, and “{{secret}}” looks like a secret. Remove it and send it as an HTTP header below.',
        { secret }
      );
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
  return invalid === undefined
    ? undefined
    : t('config.problem.baseline', '{{label}}: “{{value}}” is invalid. Expected {{form}}.', {
        label,
        value: invalid,
        form: formInWords,
      });
}

export function intervalProblem(text: string): Problem {
  const length = parseDuration(text);
  if (length === undefined) {
    return t(
      'config.problem.interval',
      '“{{text}}” is not a duration. Scrape interval must be, for example, 15s or 1m.',
      { text }
    );
  }
  const { min, max } = BOUNDS.scrapeIntervalMs;
  return length < min || length > max
    ? t(
        'config.problem.interval-bounds',
        'Scrape interval must be between 1s and 2m30s, because PromQL looks back five minutes and needs two scrapes in them.'
      )
    : undefined;
}

/** Checks the scrape timeout, which must not exceed the scrape interval. */
export function timeoutProblem(text: string, interval: string): Problem {
  const length = parseDuration(text);
  if (length === undefined || length <= 0) {
    return t('config.problem.timeout', '“{{text}}” is not a duration. Scrape timeout must be, for example, 10s.', {
      text,
    });
  }
  const longest = parseDuration(interval);
  if (longest !== undefined && length > longest) {
    return t(
      'config.problem.timeout-long',
      'Scrape timeout must not be longer than Scrape interval. {{interval}} is used instead.',
      { interval }
    );
  }
  return undefined;
}

/** Checks a duration that has to be above 0. */
export function durationProblem(text: string): Problem {
  return parseDuration(text)
    ? undefined
    : t('config.problem.duration', '“{{text}}” is not a duration above 0. Expected, for example, 30s.', { text });
}

/** Checks how long samples are kept. */
export function retentionProblem(text: string): Problem {
  const { min, max } = BOUNDS.retentionTimeMs;
  const length = parseDuration(text) ?? 0;
  return (
    durationProblem(text) ??
    (length < min || length > max
      ? t('config.problem.retention', 'Retention time must be between 1m and 10y.')
      : undefined)
  );
}

/** Checks an amount of memory or bytes. */
export function sizeProblem(text: string): Problem {
  return parseSize(text)
    ? undefined
    : t('config.problem.size', '“{{text}}” is not a size above 0. Expected, for example, 512MB or 1GB.', { text });
}

/** Checks the minimum interval of live scrapes. */
export function liveProblem(text: string): Problem {
  const length = text === '0' ? 0 : parseDuration(text);
  const { min, max } = BOUNDS.liveIntervalMs;
  return length === 0 || (length !== undefined && length >= min && length <= max)
    ? undefined
    : t('config.problem.live', 'Minimum interval must be between 500ms and 1m, or 0 to turn live updates off.');
}

const MEMORY = /^\d+(\.\d+)?(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/;

/** Checks a memory limit in Kubernetes notation. */
export function memoryProblem(text: NonNullable<TargetSettings['memoryLimit']>): Problem {
  return MEMORY.test(text) && parseFloat(text) > 0
    ? undefined
    : t('config.problem.memory', '“{{text}}” is not an amount of memory. Expected, for example, 512Mi or 1Gi.', {
        text,
      });
}

/** Checks a CPU limit in Kubernetes notation, as a number or as text. */
export function cpuProblem(limit: NonNullable<TargetSettings['cpuLimit']>): Problem {
  return limit === '' || /^\d+(\.\d+)?m?$/.test(String(limit))
    ? undefined
    : t('config.problem.cpu', '“{{text}}” is not an amount of CPU. Expected, for example, 500m, 0.5 or 2.', {
        text: limit,
      });
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
      return {
        labels,
        problem: t(
          'config.problem.label',
          '“{{text}}” is not a label. Expected name=value, for example cluster=prod.',
          { text: pair }
        ),
      };
    }
    if (!new RegExp(LABEL_NAME).test(name)) {
      return {
        labels,
        problem: t(
          'config.problem.label-name',
          '“{{name}}” is not a valid label name. Expected letters, digits and underscores, not starting with a digit or two underscores.',
          { name }
        ),
      };
    }
    if (name === 'kind') {
      return {
        labels,
        problem: t('config.problem.label-kind', 'The label “kind” is reserved for the plugin. Choose another name.'),
      };
    }
    if (name in labels) {
      return {
        labels,
        problem: t('config.problem.label-twice', 'The label “{{name}}” is defined twice. Remove one.', { name }),
      };
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

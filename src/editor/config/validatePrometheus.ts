/** Validation of the Prometheus settings while typing. The backend validates them again. */
import { t } from '../../i18n';

type Problem = string | undefined;

export function serverUrlProblem(text = ''): Problem {
  const url = text.trim();
  if (url === '') {
    return t('config.problem.url-empty', 'Enter a Server URL, for example http://prometheus:9090.');
  }
  const parsed = parseUrl(url.includes('://') ? url : `http://${url}`);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    return t(
      'config.problem.url-invalid',
      '“{{url}}” is not a valid Server URL. Expected, for example, http://prometheus:9090.',
      { url }
    );
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return t(
      'config.problem.url-password',
      'Everyone who can query this data source can read the Server URL. Remove the username and password and use basic authentication below.'
    );
  }
  return undefined;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

const MATCHER = /^\s*[a-zA-Z_]\w*\s*(=~|!~|!=|=)\s*("([^"\\]|\\.)*"|'([^'\\]|\\.)*')\s*(,|$)/;

/** Checks label matchers in PromQL notation, with or without braces. */
export function matchersProblem(text: string): Problem {
  let rest = text.trim().replace(/^\{([^]*)\}$/, '$1');
  while (rest.trim() !== '') {
    const matcher = MATCHER.exec(rest);
    if (!matcher) {
      return t(
        'config.problem.matcher',
        '“{{text}}” is not a valid matcher. Expected, for example, job="falco", cluster=~"prod.*".',
        { text: rest.trim() }
      );
    }
    rest = rest.slice(matcher[0].length);
  }
  return undefined;
}

/** Splits a list of labels at commas. Returns undefined if it is empty. */
export function parseIdentity(text = ''): string[] | undefined {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length > 0 ? names : undefined;
}

export function identityProblem(text: string): Problem {
  const names = parseIdentity(text) ?? [];
  const invalid = names.find((name) => !/^[a-zA-Z_]\w*$/.test(name) || name.startsWith('__') || name === 'kind');
  if (invalid !== undefined) {
    return t(
      'config.problem.identity',
      '“{{name}}” cannot be an identity label. Expected a label name other than kind that does not start with __.',
      { name: invalid }
    );
  }
  return names.length > 2 || new Set(names).size < names.length
    ? t(
        'config.problem.identity-number',
        'Identity labels must be one or two different labels, for example instance, or cluster, node.'
      )
    : undefined;
}

/** Checks the name of a single label. */
export function labelProblem(name: string): Problem {
  return name === '' || (/^[a-zA-Z_]\w*$/.test(name) && !name.startsWith('__'))
    ? undefined
    : t('config.problem.label-form', '“{{name}}” is not a label name. Expected, for example, instance or nodename.', {
        name,
      });
}

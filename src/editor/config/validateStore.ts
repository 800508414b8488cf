/** What can be said of the store's settings while they are typed; the backend has the last word (pkg/store). */
type Problem = string | undefined;

/** The address of a store. */
export function storeUrlProblem(text = ''): Problem {
  const url = text.trim();
  if (url === '') {
    return 'Enter an address, for example http://prometheus:9090.';
  }
  const parsed = parseUrl(url.includes('://') ? url : `http://${url}`);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    return `“${url}” is no address. Expected something like http://prometheus:9090.`;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return 'Everyone who may use this data source can read the address. Take the user name and password out and use basic authentication below.';
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

/** Matchers as PromQL has them within braces. */
export function matchersProblem(text: string): Problem {
  let rest = text.trim().replace(/^\{([^]*)\}$/, '$1');
  while (rest.trim() !== '') {
    const matcher = MATCHER.exec(rest);
    if (!matcher) {
      return `“${rest.trim()}” is no matcher. Expected something like job="falco", cluster=~"prod.*".`;
    }
    rest = rest.slice(matcher[0].length);
  }
  return undefined;
}

/** The labels of a text, or nothing where there are none. */
export function parseIdentity(text = ''): string[] | undefined {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length > 0 ? names : undefined;
}

export function identityProblem(text: string): Problem {
  const names = parseIdentity(text) ?? [];
  const wrong = names.find((name) => !/^[a-zA-Z_]\w*$/.test(name) || name.startsWith('__') || name === 'kind');
  if (wrong !== undefined) {
    return `“${wrong}” cannot be the identity. Expected a label’s name, not __… and not kind.`;
  }
  return names.length > 2 || new Set(names).size < names.length
    ? 'Expected one label or two, for example instance, or cluster, node.'
    : undefined;
}

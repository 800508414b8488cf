/** @jest-environment node */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { DEFAULTS } from '../src/settings';

const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['docs', 'docs/runbooks'].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file))
  ),
];

const withoutCode = (page: string) => readFileSync(page, 'utf8').replace(/```[^]*?```/g, '');

/** The anchors of a page, as GitHub derives them from its headings. */
function anchorsOf(page: string): string[] {
  const headings = [...withoutCode(page).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => text);
  return headings.map((text) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
  );
}

describe.each(pages)('%s', (page) => {
  const links = [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

  test('links to existing files and headings', () => {
    const broken = links
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path, anchor] = target.split('#');
        const file = path ? join(dirname(page), path) : page;
        return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
      });
    expect(broken).toEqual([]);
  });
});

test.each(pages)('the YAML in %s can be parsed', (page) => {
  const snippets = [...readFileSync(page, 'utf8').matchAll(/^( *)```yaml\n([^]*?)^\1```/gm)];
  const problems = snippets.flatMap(([, indentation = '', text = '']) =>
    parseAllDocuments(text.replaceAll(new RegExp(`^${indentation}`, 'gm'), '')).flatMap(({ errors }) => errors)
  );
  expect(problems).toEqual([]);
});

test('CONTRIBUTING.md and docs/architecture.md name existing files', () => {
  const text = withoutCode('CONTRIBUTING.md') + withoutCode('docs/architecture.md');
  const paths = [...text.matchAll(/`((?:src|pkg|docs|dev|tests|provisioning)\/[\w./*-]*)`/g)].map(
    ([, path = '']) => path
  );
  const missing = paths.filter((path) => !existsSync(path.replace(/\*.*/, '')));
  expect(missing).toEqual([]);
});

/** Defaults by the name of their setting, as documents write them. */
function flatten(defaults: object, prefix = ''): Array<[string, string]> {
  return Object.entries(defaults).flatMap(([key, value]) => {
    if (Array.isArray(value)) {
      return [[prefix + key, `[${value.join(', ')}]`] as [string, string]];
    }
    return typeof value === 'object' ? flatten(value, `${prefix}${key}.`) : [[prefix + key, String(value)]];
  });
}

test('the tables of settings contain every default', () => {
  const tables = withoutCode('docs/configure.md') + withoutCode('docs/scaling-out.md');
  const rows = new Map(
    [...tables.matchAll(/^\| `([\w.]+)` +\| `([^`]*)`/gm)].map(([, key = '', value = '']) => [key, value])
  );
  for (const [key, value] of flatten(DEFAULTS)) {
    expect([key, rows.get(key)]).toEqual([key, value]);
  }
});

test.each(['crash-loop', 'recurring-restarts'])(
  'the runbook %s names the inotify limits and the key that needs them',
  (name) => {
    const text = readFileSync(`docs/runbooks/${name}.md`, 'utf8');
    for (const word of ['fs.inotify.max_user_instances', 'fs.inotify.max_user_watches', 'watch_config_files']) {
      expect(text).toContain(word);
    }
  }
);

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const repository = 'https://github.com/falco-metrics/falco-metrics-datasource';
const read = (file: string) => readFileSync(file, 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };
const { info, languages } = JSON.parse(read('dist/plugin.json')) as {
  languages: string[];
  info: {
    author: { name: string; url: string };
    links: Array<{ name: string; url: string }>;
    logos: { small: string; large: string };
    screenshots: Array<{ name: string; path: string }>;
    version: string;
    updated: string;
  };
};

test('the links and images of README.md are absolute and lead to existing files of the version', () => {
  const targets = [...read('dist/README.md').matchAll(/\[[^\]]*\]\(([^)]+)\)/g)].map(([, target = '']) => target);
  expect(targets).toEqual(
    expect.arrayContaining([
      `https://raw.githubusercontent.com/falco-metrics/falco-metrics-datasource/v${version}/src/img/overview.png`,
      `${repository}/blob/v${version}/docs/install.md`,
    ])
  );
  const bases = [
    `https://raw.githubusercontent.com/falco-metrics/falco-metrics-datasource/v${version}/`,
    `${repository}/blob/v${version}/`,
  ];
  const broken = targets.filter((target) => {
    const base = bases.find((candidate) => target.startsWith(candidate));
    return base ? !existsSync(target.slice(base.length).replace(/#.*/, '')) : !target.startsWith('https://');
  });
  expect(broken).toEqual([]);
});

test('plugin.json has a version, a date, an author and links', () => {
  expect(info).toMatchObject({
    version,
    updated: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    author: { name: 'Falco Metrics for Grafana', url: 'https://github.com/falco-metrics' },
    links: [
      { name: 'Documentation', url: `${repository}/tree/main/docs` },
      { name: 'Licence', url: `${repository}/blob/main/LICENSE` },
      { name: 'Report an issue', url: `${repository}/issues/new/choose` },
    ],
  });
});

test('package.json and go.mod name the same repository', () => {
  expect(JSON.parse(read('package.json'))).toMatchObject({ repository: { url: repository } });
  expect(read('go.mod')).toContain(`module ${repository.replace('https://', '')}\n`);
});

test('CHANGELOG.md has a section for the version', () => {
  const headings = [...read('dist/CHANGELOG.md').matchAll(/^## (\S+)/gm)].map(([, heading]) => heading);
  expect(headings).toContain(version);
});

test('every language has its texts where Grafana looks for them', () => {
  expect(languages).toContain('en-US');
  for (const language of languages) {
    const texts = JSON.parse(read(`dist/locales/${language}/falco-metrics-datasource.json`)) as object;
    expect(texts).toMatchObject({ config: { targets: { add: expect.stringMatching(/./) } } });
  }
});

test('the logos are square SVG images', () => {
  for (const path of [info.logos.small, info.logos.large]) {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(read(join('dist', path))) ?? [];
    expect([path, width]).toEqual([path, height]);
  }
});

test('the screenshots are PNG images of at least 1280 × 720 pixels and at most 1 MB', () => {
  expect(info.screenshots.length).toBeGreaterThanOrEqual(3);
  for (const { path } of info.screenshots) {
    const image = readFileSync(join('dist', path));
    expect(image.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(image.readUInt32BE(16)).toBeGreaterThanOrEqual(1280);
    expect(image.readUInt32BE(20)).toBeGreaterThanOrEqual(720);
    expect(statSync(join('dist', path)).size).toBeLessThanOrEqual(1e6);
  }
});

test('the source maps contain the files of src/', () => {
  const maps = readdirSync('dist').filter((file) => file.endsWith('.js.map'));
  const sources = new Map(
    maps.flatMap((file) => {
      const map = JSON.parse(read(join('dist', file))) as { sources: string[]; sourcesContent: string[] };
      return map.sources.map((source, i) => [
        source.replace(/^webpack:\/\/falco-metrics-datasource\/*/, ''),
        map.sourcesContent[i],
      ]);
    })
  );
  // As the validator does: modules of other packages and of webpack itself have no file in src/, and JSON is data.
  const own = [...sources].filter(
    ([source = '']) => !/^(external |webpack\/|\.\.\/node_modules\/)|\.(json|css)$/.test(source)
  );
  const names = own.map(([source]) => source);
  expect(names).toEqual(expect.arrayContaining(['./module.ts', './publicPath.ts', './datasource.ts']));
  expect(names.length).toBeGreaterThan(100);
  const different = own.filter(([source = '', content]) => {
    const file = join('src', source);
    return !existsSync(file) || read(file) !== content;
  });
  expect(different.map(([source]) => source)).toEqual([]);
});

test('module.js loads what @grafana/create-plugin 7.1.7 leaves to Grafana, and chunks from the folder of the plugin', () => {
  const module = read('dist/module.js');
  const [, dependencies = '[]'] = /^define\((\[[^\]]*\])/.exec(module) ?? [];
  const shared = [
    ...['lodash', 'jquery', 'moment', 'slate', 'emotion', '@emotion/react', '@emotion/css', 'prismjs'],
    ...['slate-plain-serializer', '@grafana/slate-react', 'react', 'react/jsx-runtime', 'react/jsx-dev-runtime'],
    ...['react-dom', 'react-redux', 'redux', 'rxjs', 'i18next', 'react-router', 'd3', 'angular'],
    ...['@grafana/ui', '@grafana/runtime', '@grafana/data', 'module'],
  ];
  const loaded = JSON.parse(dependencies) as string[];
  expect(loaded).toEqual(expect.arrayContaining(['react', 'react/jsx-runtime', '@grafana/data', 'module']));
  expect(loaded.filter((name) => !shared.includes(name))).toEqual([]);
  expect(module).toContain('public/plugins/falco-metrics-datasource/');
  expect(module).toContain(`.js?_cache=${version}-`);
});

test('the validator recognises the build tools', () => {
  expect(read('.config/webpack/webpack.config.ts')).toContain('@grafana/create-plugin');
  expect(read('Magefile.go')).toContain('grafana-plugin-sdk-go/build');
});

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences whose code may be part of the plugin under Apache-2.0. */
const permissive = [
  ...['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'CC0-1.0', 'BlueOak-1.0.0'],
  ...['Python-2.0', '(MPL-2.0 OR Apache-2.0)', '(MIT AND Zlib)', 'MIT AND BSD-3-Clause'],
];

test('the npm packages that the plugin depends on have permissive licences', () => {
  /** Packages without the field `license`, from their README.md and LICENSE. */
  const known: Record<string, string> = {
    'fast-shallow-equal': 'Unlicense',
    'get-document': 'MIT',
    'react-universal-interface': 'Unlicense',
    spel2js: 'Apache-2.0',
  };
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { license?: string; dev?: boolean; devOptional?: boolean }>;
  };
  const found = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { license }]) => {
      const name = path.replace(/^.*node_modules\//, '');
      return [name, license ?? known[name]];
    });
  expect(found).toContainEqual(['@grafana/plugin-ui', 'Apache-2.0']);
  expect(found.filter(([, licence = 'none']) => !permissive.includes(licence))).toEqual([]);
});

/** Sentences by which the text of a licence is recognised. */
const sentences: Array<[string, string]> = [
  ['MPL-2.0', 'Mozilla Public License'],
  ['Apache-2.0', 'Apache License Version 2.0'],
  ['MIT', 'Permission is hereby granted, free of charge'],
  ['BSD', 'Redistribution and use in source and binary forms'],
];

test('the Go modules in the backend have permissive licences, apart from two that the plugin SDK needs', () => {
  const list = execFileSync('go', [
    'list',
    '-deps',
    '-f',
    '{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}',
    './pkg',
  ]);
  const modules = new Map(
    list
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ') as [string, string])
  );
  const licences = [...modules].map(([path, folder]) => {
    const file = readdirSync(folder).find((name) => /^(license|licence|copying)/i.test(name));
    const text = file ? readFileSync(join(folder, file), 'utf8').replaceAll(/\s+/g, ' ') : '';
    return [path, sentences.find(([, sentence]) => text.includes(sentence))?.[0]];
  });
  expect(licences).toContainEqual(['github.com/grafana/grafana-plugin-sdk-go', 'Apache-2.0']);
  expect(licences.filter(([, licence = 'none']) => !['Apache-2.0', 'MIT', 'BSD'].includes(licence))).toEqual([
    ['github.com/hashicorp/go-plugin', 'MPL-2.0'],
    ['github.com/hashicorp/yamux', 'MPL-2.0'],
  ]);
});

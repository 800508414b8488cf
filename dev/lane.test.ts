/** @jest-environment node */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path: string) =>
  JSON.parse(readFileSync(join(__dirname, '..', path), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;

/** Packages that differ between the lanes. */
const differ = /^(@grafana\/(data|e2e-selectors|i18n|runtime|schema|ui)|(@types\/)?react(-dom)?)$/;

test('the second lane has Grafana 13.2 and React 19, and everything else as in the first one', () => {
  const { dependencies, devDependencies } = read('package.json');
  const first: Record<string, string> = { ...dependencies, ...devDependencies };
  for (const [name, version] of Object.entries(read('tests/grafana-13/package.json').dependencies)) {
    const wanted = name.startsWith('@grafana/') ? /^13\.2\./ : /^19\.2\./;
    expect([name, version]).toEqual([name, differ.test(name) ? expect.stringMatching(wanted) : first[name]]);
  }
});

/**
 * Unit tests of the Prometheus rules with their real durations. They are skipped without promtool, which is part of
 * Prometheus.
 *
 * @jest-environment node
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const rulesFile = 'provisioning/prometheus/falco.rules.yaml';
const cases = readdirSync(__dirname).filter((name) => name.endsWith('.yaml'));
const installed = spawnSync('promtool', ['--version']).status === 0;
const withPromtool = installed ? it : it.skip;

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

withPromtool('promtool takes the rule file', () => {
  const { status, output } = promtool('check', 'rules', rulesFile);
  expect(output).toContain('SUCCESS');
  expect(status).toBe(0);
});

withPromtool.each(cases)(
  'promtool test rules %s',
  (name) => {
    const { status, output } = promtool('test', 'rules', `${__dirname}/${name}`);
    expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
  },
  300_000
);

it('every alert is expected in some case', () => {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: Array<{ rules: Array<{ alert?: string }> }> };
  const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ alert }) => alert ?? []));
  const all = cases.map((name) => readFileSync(`${__dirname}/${name}`, 'utf8')).join('');
  // FalcoMissingInstances is tested by name there, and its samples only have the cluster.
  const expected = [...all.matchAll(/alertname="(\w+)"/g)].map(([, name]) => name);
  expect(alerts.filter((alert) => !expected.includes(alert))).toEqual([]);
});

import { rules } from '.';
import { alertName } from './prometheus';
import { page, signal } from './rule';

const duration = (text: string) => (text === '0s' ? 'at once' : text);

/** docs/runbooks/README.md: all rules with their conditions. */
export function runbookIndex(): string {
  const rows = rules.map(
    (rule) =>
      `| [${rule.title}](${page(rule)}.md) | ${rule.when} | ${duration(rule.for)} | ${rule.severity} | ${signal(rule.signal).dimension} | ${rule.noData} | ${rule.report ? 'not available' : `\`${alertName(rule)}\``} |`
  );
  return `<!-- Written by \`npm run generate\`. -->

# Runbooks

One page per alert rule: its meaning, what to check, and what to change. [alerting.md](../alerting.md) describes how to load and change the rules.

| rule | condition | for | severity | dimension | no data | in Prometheus |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Prometheus also has \`FalcoNoneKnown\`, which fires if the job has no targets.
`;
}

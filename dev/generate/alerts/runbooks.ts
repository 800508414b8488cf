import { rules } from '.';
import { alertName } from './prometheus';
import { page, signal } from './rule';

const duration = (text: string) => (text === '0s' ? 'at once' : text);

/** docs/runbooks/README.md: all rules with their conditions. */
export function runbookIndex(): string {
  const rows = rules.map(
    (rule) =>
      `| [${rule.title}](${page(rule)}.md) | ${rule.when} | ${duration(rule.for)} | ${rule.severity} | ${signal(rule.signal).dimension} | ${rule.noData} | \`${alertName(rule)}\` |`
  );
  return `<!-- Written by \`npm run generate\`. -->

# Alerts and what to do

One page for each alert rule: what it means, what to look at, what to change. [alerting.md](../alerting.md) says how to load the rules and how to change them.

| rule | fires when | for | severity | dimension | without data | in Prometheus |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

In Prometheus there is also \`FalcoNoneKnown\`, for when the job has no target at all.
`;
}

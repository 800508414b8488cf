/** Generates docs/signals.md: the meaning of every signal, in the order of the catalogue. */
import { catalogue } from '../../src/signals';
import {
  type Check,
  type Dimension,
  type EventKind,
  type InventoryColumn,
  type Need,
  type Signal,
  type Thresholds,
} from '../../src/signals/types';

const unitNames: Record<string, string> = {
  eps: 'events per second',
  cps: 'per second',
  percentunit: 'share (0.02 is 2 %)',
  bytes: 'bytes',
  ns: 'nanoseconds',
  s: 'seconds',
  dtdhms: 'seconds, shown as days and time',
  short: 'number',
  locale: 'number',
};

function unitName(unit: string): string {
  return unitNames[unit] ?? unit.replace('count:', '').replace('/h', ' per hour');
}

const preamble = `# Signals

<!-- Written by \`npm run generate\` from src/signals. Edit the sources there. -->

A signal is a value about Falco: one PromQL expression, and what you need to read it. Panels, alert rules and Explore
evaluate the same expression. The expressions use these placeholders:

- \`$groupBy\`: the labels that the query groups by, by default those listed below; \`$identity\` stands for \`cluster, node\`;\n- \`$filter\`: the filters of the query, limited to the labels of the metric;\n- \`$window\`: the window of the query, by default the larger of step + scrape interval and 4 × scrape interval;\n- \`$join\`: empty, or a join that adds the version, engine or kernel of a node if a query groups or filters by it.\nA value that is unknown is missing, never 0.\n`;

export function signalReference(): string {
  return [preamble, ...catalogue.dimensions.flatMap(dimension), checks(), inventory(), events()].join('\n');
}

function dimension({ id, title, question }: Dimension): string[] {
  const signals = catalogue.signals.filter((signal) => signal.dimension === id);
  const rows = signals.map(
    ({ id, title, unit, summary }) => `| [\`${id}\`](#${id}) | ${title} | ${unitName(unit)} | ${summary} |`
  );
  const head = [`## ${title}`, '', question, '', '| signal | title | unit | meaning |', '| --- | --- | --- | --- |'];
  return [[...head, ...rows, ''].join('\n'), ...signals.map(section)];
}

function section(signal: Signal): string {
  const parts = [
    `### ${signal.id}`,
    `**${signal.title}**: ${signal.summary}.`,
    signal.description,
    expression(signal.expr),
    grouping(signal),
    signal.thresholds
      ? judged(signal.thresholds)
      : 'Thresholds: none. The Falco documentation gives none, and they depend on the node.',
    ...(signal.inStore
      ? [`In prometheus mode: ${signal.inStore.extraDescription} (${signal.inStore.metrics.join(', ')})`]
      : []),
    ...(signal.noValueReason ? [`Nodes may have no value: ${signal.noValueReason}.`] : []),
    signal.needs.length > 0 ? ['Needs:', '', ...signal.needs.map(need)].join('\n') : 'Requires only the target.',
    ...(signal.advice.length > 0 ? [['What to change:', '', ...signal.advice.map(advice)].join('\n')] : []),
    `[Falco's documentation](${signal.link})`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Collapses long expressions. */
function expression(expr: string): string {
  const block = `\`\`\`promql\n${wrapped(expr)}\n\`\`\``;
  return expr.length <= 800
    ? block
    : `<details><summary>Expression (${expr.length} characters)</summary>\n\n${block}\n\n</details>`;
}

/** Puts each branch of `or` on a line of its own. */
function wrapped(expr: string): string {
  return expr.replaceAll(' or label_replace', '\n  or label_replace');
}

function grouping({ groupBy: by }: Signal): string {
  const others = by.allowed.length > 0 ? `; also by ${by.allowed.map((name) => `\`${name}\``).join(', ')}` : '';
  return `Grouped by ${by.default.map((name) => `\`${name}\``).join(', ')}${others}.`;
}

function judged({ direction, warning, critical, because, source }: Thresholds): string {
  const word = direction === 'above' ? 'from' : 'below';
  const bounds = [
    ...(warning === undefined ? [] : [`warning ${word} ${warning}`]),
    ...(critical === undefined ? [] : [`critical ${word} ${critical}`]),
  ];
  return `Thresholds: ${bounds.join(', ')}. ${because} ([source](${source}))`;
}

function need({ metric, anyOf = [], config, host, cost, engines, since, from, unknownValue }: Need): string {
  const others =
    anyOf.length > 3 ? ` (or one of ${anyOf.length} alternatives)` : anyOf.map((name) => ` or \`${name}\``).join('');
  const facts = [
    ...(from ? [`of ${from}, only in prometheus mode`] : []),
    ...(config ? [`\`${config}\``] : []),
    ...(host ? [host] : []),
    ...(engines ? [`engine ${engines.join(', ')}`] : []),
    ...(since ? [`Falco ${since} or later`] : []),
    ...(cost ? [`cost: ${cost}`] : []),
    ...(unknownValue ? [`${unknownValue.value} means unknown: ${unknownValue.because}. ${unknownValue.change}`] : []),
  ];
  return `- \`${metric}\`${others}${facts.length > 0 ? `: ${facts.join('; ')}` : ''}`;
}

function advice({ when, change, cost }: Signal['advice'][number]): string {
  return `- ${when} ${change} *Cost:* ${cost}`;
}

function checks(): string {
  const head = `## Checks

A query of type \`health\` applies these checks to every node, with the thresholds of the signal. A node without a value is
unknown, with the reason. Optional checks that do not apply to a node are omitted.

| check | signal | window | meaning |
| --- | --- | --- | --- |`;
  return `${[head, ...catalogue.checks.map(check)].join('\n')}\n`;
}

function check({ id, signal, window, meaning, optional }: Check): string {
  const verdicts = Object.entries(meaning).map(([verdict, text]) => `**${verdict}**: ${text}`);
  const name = `\`${id}\`${optional ? ' (optional)' : ''}`;
  return `| ${name} | [\`${signal}\`](#${signal}) | ${window ?? ''} | ${verdicts.join(' ')} |`;
}

function inventory(): string {
  const head = `## Inventory

A query of type \`inventory\` has one row per node with its address, its state and these columns. Nodes that differ from the
majority of their cluster in a compared column are marked. Without a majority none is marked, and a notice says so.

| column | source | compared |
| --- | --- | --- |`;
  return `${[head, ...catalogue.inventory.map(column)].join('\n')}\n`;
}

function column({ title, metric, label, compare }: InventoryColumn): string {
  const source = label ? `label \`${label}\` of \`${metric}\`` : `\`${metric}\``;
  return `| ${title} | ${source} | ${compare ? 'yes' : ''} |`;
}

function events(): string {
  const head = `## Events

A query of type \`events\` finds these events in the history, as annotations.

| event | found by | text |
| --- | --- | --- |`;
  return `${[head, ...catalogue.events.map(event)].join('\n')}\n`;
}

function event({ id, title, find, metric, label, bound, text }: EventKind): string {
  const found = {
    change: `a change of \`${metric}\``,
    label: `a change of the label \`${label}\` of \`${metric}\``,
    above: `a value that rises above ${bound}`,
    history: 'the oldest sample, in scrape mode',
  };
  return `| \`${id}\`: ${title} | ${found[find]} | ${text} |`;
}

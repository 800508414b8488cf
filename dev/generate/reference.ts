/** docs/signals.md: what every figure means, in the order of the catalogue. */
import { catalogue } from '../../src/signals';
import { type Dimension, type Need, type Signal, type Thresholds } from '../../src/signals/types';

const unitNames: Record<string, string> = {
  eps: 'events per second',
  cps: 'per second',
  percentunit: 'share (0.02 is 2 %)',
  bytes: 'bytes',
  ns: 'nanoseconds',
  s: 'seconds',
  short: 'number',
};

const preamble = `# Signals

<!-- Written by \`npm run generate\` from src/signals; changes belong there. -->

A signal is one figure about Falco: one PromQL expression, and what is needed to read it. The same expression is
evaluated whoever asks: a panel, an alert rule or Explore. In the expressions

- \`$by\` is what the query groups by, by default what is given below; \`$instance\` stands for \`cluster, node\`;
- \`$filter\` is the query's filters, on those labels that the metric has;
- \`$window\` is the query's window, by default the larger of step + scrape interval and 4 × scrape interval;
- \`$join\` is empty, or brings the version, engine or kernel of a node to the series when a query groups or filters by it.

A figure that cannot be known is missing, never 0.
`;

export function signalReference(): string {
  return `${[preamble, ...catalogue.dimensions.flatMap(dimension)].join('\n')}`;
}

function dimension({ id, title, question }: Dimension): string[] {
  const signals = catalogue.signals.filter((signal) => signal.dimension === id);
  if (signals.length === 0) {
    return [];
  }
  const rows = signals.map(
    ({ id, title, unit, summary }) => `| [\`${id}\`](#${id}) | ${title} | ${unitNames[unit] ?? unit} | ${summary} |`
  );
  const head = [`## ${title}`, '', question, '', '| signal | title | unit | meaning |', '| --- | --- | --- | --- |'];
  return [[...head, ...rows, ''].join('\n'), ...signals.map(section)];
}

function section(signal: Signal): string {
  const parts = [
    `### ${signal.id}`,
    `**${signal.title}**: ${signal.summary}.`,
    signal.description,
    `\`\`\`promql\n${wrapped(signal.expr)}\n\`\`\``,
    grouping(signal),
    signal.thresholds
      ? judged(signal.thresholds)
      : 'Thresholds: none. The project publishes none, and it depends on the node.',
    signal.needs.length > 0 ? ['Needs:', '', ...signal.needs.map(need)].join('\n') : 'Needs nothing but the target.',
    ...(signal.advice.length > 0 ? [['What to change:', '', ...signal.advice.map(advice)].join('\n')] : []),
    `[Falco's documentation](${signal.link})`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** One line a branch of `or`, so that long expressions can be read. */
function wrapped(expr: string): string {
  return expr.replaceAll(' or label_replace', '\n  or label_replace');
}

function grouping({ by }: Signal): string {
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

function need({ metric, anyOf = [], config, host, cost, engines, since, unknownValue }: Need): string {
  const others =
    anyOf.length > 3 ? ` (or one of ${anyOf.length} like it)` : anyOf.map((name) => ` or \`${name}\``).join('');
  const facts = [
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

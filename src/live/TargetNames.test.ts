import { TargetNames } from './TargetNames';
import { falco } from './testing';

const nodes = (count: number) => Array.from({ length: count }, (_, i) => ({ ...falco(`node-${i + 1}`), facts: {} }));
const trouble = { severity: 'warning', what: 'No metrics from', change: 'Connection refused.' } as const;

/** The wording is that of the backend's notices. */
test.each([
  [1, 1, 'No metrics from node-1. Connection refused.'],
  [2, 1, 'No metrics from 1 of 2 nodes: node-1. Connection refused.'],
  [2, 2, 'No metrics from both nodes. Connection refused.'],
  [3, 3, 'No metrics from all 3 nodes. Connection refused.'],
  [9, 7, 'No metrics from 7 of 9 nodes: node-1, node-2, node-3, node-4, node-5 and 2 more. Connection refused.'],
])('%i targets, %i of them failing', (all, failing, text) => {
  const targets = nodes(all);
  const found = new TargetNames(targets).notices(targets.slice(0, failing).map((target) => ({ target, trouble })));
  expect(found).toEqual([{ severity: 'warning', text }]);
});

test('lists different troubles separately, most severe first', () => {
  const [a, b] = nodes(2);
  const balancer = { severity: 'error', what: 'A load balancer responds for', change: 'x.' } as const;
  expect(
    new TargetNames([a!, b!]).notices([
      { target: a!, trouble },
      { target: b!, trouble: balancer },
    ])
  ).toEqual([
    { severity: 'error', text: 'A load balancer responds for 1 of 2 nodes: node-2. x.' },
    { severity: 'warning', text: 'No metrics from 1 of 2 nodes: node-1. Connection refused.' },
  ]);
});

test('names clusters and other kinds of targets', () => {
  const [a, b] = nodes(2);
  const other = { ...b!, labels: { cluster: 'other', node: 'node-2' }, kind: 'falcosidekick' as const };
  expect(new TargetNames([a!, other]).notices([{ target: other, trouble }])[0]!.text).toBe(
    'No metrics from 1 of 2 targets: other/node-2. Connection refused.'
  );
});

test('lists the first five names', () => {
  const names = new TargetNames(nodes(7));
  expect(names.listFirst(['a', 'b'])).toBe('a, b');
  expect(names.listFirst(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c, d, e, …');
});

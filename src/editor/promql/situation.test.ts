/** @jest-environment node */
import { findSituation } from './situation';

/** The situation at the mark `|`. */
function at(marked: string) {
  const position = marked.indexOf('|');
  return findSituation(marked.replace('|', ''), position);
}

test.each<[string, object]>([
  ['|', { kind: 'expression', from: 0 }],
  ['ra|', { kind: 'expression', from: 0 }],
  ['sum(ra|)', { kind: 'expression', from: 4 }],
  ['rate(m[5m]) / |', { kind: 'expression', from: 14 }],
  ['$__r|', { kind: 'expression', from: 0 }],
  ['up{|', { kind: 'label', place: 'matcher', metrics: ['up'], used: [], from: 3 }],
  ['up{no|}', { kind: 'label', place: 'matcher', metrics: ['up'], used: [], from: 3 }],
  ['up{node="a", |}', { kind: 'label', place: 'matcher', metrics: ['up'], used: ['node'], from: 13 }],
  ['{__name__="m", |}', { kind: 'label', place: 'matcher', metrics: ['m'], used: ['__name__'], from: 15 }],
  ['sum by (|) (rate(m{x="y"}[5m]))', { kind: 'label', place: 'list', metrics: ['sum', 'by', 'rate', 'm'], used: [] }],
  [
    'sum(m) by (node, cl|',
    { kind: 'label', place: 'list', metrics: ['sum', 'm', 'by', 'node', 'cl'], used: ['node'], from: 17 },
  ],
  ['a / on(|) b', { kind: 'label', place: 'list', metrics: ['a', 'on', 'b'] }],
  ['up{node=|', { kind: 'value', metric: 'up', label: 'node', others: [], isOpen: false, from: 8 }],
  ['up{node="|"}', { kind: 'value', metric: 'up', label: 'node', others: [], isOpen: true, from: 9 }],
  ['up{node=~"work|', { kind: 'value', label: 'node', isOpen: true, from: 10 }],
  [
    'sum(m{cluster="prod", node="w-|"})',
    { kind: 'value', metric: 'm', label: 'node', others: [{ key: 'cluster', operator: '=', value: 'prod' }] },
  ],
  ['rate(m[|', { kind: 'duration', from: 7 }],
  ['rate(m[$__|])', { kind: 'duration', from: 7 }],
  ['m offset |', { kind: 'duration' }],
  ['label_replace(up, "no|', { kind: 'nothing' }],
  ['# sum(|', { kind: 'nothing' }],
  ['up > 1|', { kind: 'nothing' }],
  ['up{node="a" |', { kind: 'nothing' }],
])('%s', (marked, expected) => {
  expect(at(marked)).toMatchObject(expected);
});

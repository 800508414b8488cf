import { runScript } from './run';

const load = `
load 1m
  metric_total{node="a"} 0+60x10
  metric_total{node="b"} 1 _ stale 4x2
  histogram{node="a"} {{schema:0 sum:1 count:1}}x3
`;

function outcomeOf(evaluation: string) {
  const [{ line: _line, query: _query, ...outcome } = { line: 0, query: '' }] = runScript(`${load}\n${evaluation}`);
  return outcome;
}

describe('runScript', () => {
  it.each([
    ['a vector', 'eval instant at 2m metric_total\n  metric_total{node="a"} 120'],
    [
      'a range',
      'eval range from 0 to 3m step 1m metric_total\n  metric_total{node="a"} 0 60 120 180\n  metric_total{node="b"} 1 1 _ 4',
    ],
    ['a scalar', 'eval instant at 2m time()\n  120'],
    ['a string', 'eval instant at 2m "a"\n  expect string "a"'],
    [
      'samples',
      'eval instant at 2m metric_total{node="a"}[2m]\n  expect range vector from 1m to 2m step 1m\n  metric_total{node="a"} 60 120',
    ],
    ['an error', 'eval instant at 2m sum(1)\n  expect fail regex: .*expected type instant vector.*'],
    ['a note', 'eval instant at 2m rate(x[1m])\n  expect no_info'],
  ])('passes %s', (_, evaluation) => {
    expect(outcomeOf(evaluation)).toEqual({ as: 'passed' });
  });

  it.each([
    [
      'another value',
      'eval instant at 2m metric_total\n  metric_total{node="a"} 121',
      '{__name__="metric_total", node="a"}: expected 121, found 120 at 120000',
    ],
    [
      'a missing series',
      'eval instant at 2m metric_total\n  metric_total{node="a"} 120\n  x 1',
      'missing {__name__="x"}',
    ],
    ['a series too many', 'eval instant at 2m metric_total', 'unexpected {__name__="metric_total", node="a"} with 120'],
    [
      'another order',
      'eval_ordered instant at 0 sort_desc(metric_total)\n  metric_total{node="a"} 0\n  metric_total{node="b"} 1',
      'expected {__name__="metric_total", node="b"} in place 1, found it in 0',
    ],
    ['no error', 'eval_fail instant at 2m metric_total', 'expected an error '],
    [
      'another error',
      'eval instant at 2m sum(1)\n  expect fail msg: no',
      '1:5: parse error: expected type instant vector in aggregation expression, got scalar',
    ],
    ['no note', 'eval instant at 2m x\n  expect warn', 'no warning , found '],
  ])('fails on %s', (_, evaluation, why) => {
    expect(outcomeOf(evaluation)).toEqual({ as: 'failed', why });
  });

  it('refuses samples of unsupported kinds', () => {
    expect(outcomeOf('eval instant at 2m histogram')).toEqual({ as: 'refused', construct: 'native histogram samples' });
    expect(outcomeOf('eval instant at 2m limitk(1, x)')).toEqual({
      as: 'refused',
      construct: 'the aggregation limitk',
    });
  });
});

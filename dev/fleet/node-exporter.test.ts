/** @jest-environment node */
import { type HostFigure } from './node-exporter';
import { createFleet } from './simulation';
import { START } from './testing';

const MINUTE = 60_000;

/** Samples by series text. */
function read(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))])
  );
}

test('counters never fall, whatever the order of the requests', () => {
  const [exporter] = createFleet({ scenario: 'slow-rollout', start: START }).nodeExporters;
  const times = [25, 1, 10, 9.99, 0, 3, 47];
  const answers = new Map(times.map((minutes) => [minutes, read(exporter!.answer(START + minutes * MINUTE))]));
  const inOrder = [...times].sort((a, b) => a - b).map((minutes) => answers.get(minutes)!);
  for (const [i, later] of inOrder.slice(1).entries()) {
    const fallen = [...later].filter(([series, value]) => value < inOrder[i]!.get(series)!);
    expect(fallen).toEqual([]);
  }
});

test('the responses show the true figures', () => {
  const [exporter] = createFleet({ start: START }).nodeExporters;
  const [before, after] = [START + 5 * MINUTE, START + 6 * MINUTE];
  const rate = (series: string) =>
    (read(exporter!.answer(after)).get(series)! - read(exporter!.answer(before)).get(series)!) / 60;
  const shown: Array<[HostFigure, number]> = [
    ['cpuPressure', rate('node_pressure_cpu_waiting_seconds_total')],
    ['ioPressure', rate('node_pressure_io_waiting_seconds_total')],
    ['runQueueDelay', rate('node_schedstat_waiting_seconds_total{cpu="0"}')],
  ];
  for (const [figure, value] of shown) {
    expect(value).toBeCloseTo(exporter!.mean(figure, before, after), 6);
  }
});

test('a slow rollout raises pressure by 10 % on the nodes that got it, and on no others', () => {
  const { nodeExporters } = createFleet({ scenario: 'slow-rollout', start: START });
  const same = createFleet({ scenario: 'harmless-rollout', start: START }).nodeExporters;
  const effects = nodeExporters.map((exporter, i) => {
    const [from, to] = [START + 40 * MINUTE, START + 70 * MINUTE];
    return exporter.mean('cpuPressure', from, to) / same[i]!.mean('cpuPressure', from, to);
  });
  expect(effects.map((effect) => Number(effect.toFixed(3)))).toEqual([...Array(12).fill(1.1), ...Array(12).fill(1)]);
});

import { catalogue } from '.';

const { events, impact, signals } = catalogue;

it('compares signals that have a value for each node', () => {
  const unknown = [impact.load, ...impact.figures.map(({ signal }) => signal)].filter((id) => {
    const found = signals.find((signal) => signal.id === id);
    return !found?.groupBy.default.includes('$identity') || found.targetKind !== 'falco';
  });
  expect(unknown).toEqual([]);
});

it('knows every event that changes Falco or its node', () => {
  const known = events.map(({ id }) => id);
  expect([...impact.changes, ...impact.disturbances].filter((id) => !known.includes(id))).toEqual([]);
});

it('shows no signal twice', () => {
  const ids = impact.figures.map(({ signal }) => signal);
  expect(new Set(ids).size).toBe(ids.length);
});

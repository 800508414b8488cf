import { catalogue } from '../signals';
import { ExpositionReader } from './ExpositionReader';
import { Slices } from './Slices';

const body = Array.from({ length: 50_000 }, (_, i) => `a{i="${i}"} 1\n`).join('');

function reader(): ExpositionReader {
  return new ExpositionReader('falco', catalogue.reading, { sampleLimit: 100_000, labelValueLengthLimit: 100 });
}

describe('Slices', () => {
  // Every look at the clock is 15 ms later, so that every second step ends a slice.
  let clock = 0;
  beforeEach(() => jest.spyOn(performance, 'now').mockImplementation(() => (clock += 15)));
  afterEach(() => jest.restoreAllMocks());

  it('gives the page a turn between slices', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const { series } = await new Slices(new AbortController().signal).run(reader().readInSteps(body));
    clearInterval(timer);
    expect(series).toHaveLength(50_000);
    expect(turns).toBeGreaterThan(3);
  });

  it('stops when it is cancelled, and remembers nothing', async () => {
    const one = reader();
    const controller = new AbortController();
    const reading = new Slices(controller.signal).run(one.readInSteps(body));
    const read = one['known'].size;
    controller.abort();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect([read > 0 && read < 50_000, one['known'].size]).toEqual([true, 0]);
  });
});

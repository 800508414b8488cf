/** @jest-environment node */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPromise } from 'yauzl';
import { writeArchive } from './archive';

const time = new Date('2026-12-01T11:23:38Z');
const folder = mkdtempSync(join(tmpdir(), 'archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Archives a plugin whose files are written in this order, with this modification time and mode. */
async function archive(id: string, names: string[], modified: number, mode: number): Promise<string> {
  const dist = join(folder, id);
  mkdirSync(join(dist, 'img'), { recursive: true });
  for (const name of names) {
    writeFileSync(join(dist, name), `content of ${name}`, { mode });
    utimesSync(join(dist, name), modified, modified);
  }
  const file = join(folder, `${id}.zip`);
  await writeArchive({ folder: dist, name: 'falco-metrics-datasource', time, file });
  return file;
}

test('equal files make equal archives', async () => {
  const first = await archive('first', ['module.js', 'img/logo.svg', 'gpx_falco_linux_amd64'], 1_000_000_000, 0o644);
  const second = await archive('second', ['gpx_falco_linux_amd64', 'img/logo.svg', 'module.js'], 1_700_000_000, 0o700);
  expect(readFileSync(second)).toEqual(readFileSync(first));
});

test('the archive has one folder, sorted entries, the time of the commit, and executables with mode 0755', async () => {
  const file = await archive('modes', ['module.js', 'img/logo.svg', 'gpx_falco_linux_amd64'], 1_000_000_000, 0o600);
  const zip = await openPromise(file);
  const entries = [];
  for await (const entry of zip.eachEntry()) {
    entries.push({
      name: entry.fileName,
      mode: (entry.externalFileAttributes >>> 16).toString(8),
      time: entry.getLastModDate({ timezone: 'UTC' }).toISOString(),
    });
  }
  expect(entries).toEqual([
    { name: 'falco-metrics-datasource/gpx_falco_linux_amd64', mode: '100755', time: '2026-12-01T11:23:38.000Z' },
    { name: 'falco-metrics-datasource/img/logo.svg', mode: '100644', time: '2026-12-01T11:23:38.000Z' },
    { name: 'falco-metrics-datasource/module.js', mode: '100644', time: '2026-12-01T11:23:38.000Z' },
  ]);
});

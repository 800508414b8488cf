import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

interface Archive {
  /** The folder whose files are archived. */
  folder: string;
  /** The name of the only folder in the archive. */
  name: string;
  /** The modification time of every entry. */
  time: Date;
  /** The path of the archive to write. */
  file: string;
}

/**
 * Writes a zip archive that depends only on the names and contents of the files, the name, the time, and the version of
 * zlib in Node. The plugin's executables (gpx_*) have the mode 0755, every other file has 0644.
 */
export async function writeArchive({ folder, name, time, file }: Archive): Promise<void> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/')
    )
    .sort();
  // The format has no time zone. yazl writes the local time.
  const mtime = new Date(time.getTime() + time.getTimezoneOffset() * 60_000);
  const zip = new ZipFile();
  for (const path of files) {
    zip.addBuffer(readFileSync(join(folder, path)), `${name}/${path}`, {
      mtime,
      forceDosTimestamp: true,
      mode: /(^|\/)gpx_/.test(path) ? 0o100755 : 0o100644,
      compressionLevel: 9,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}

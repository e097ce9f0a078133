import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { AppError } from '../../kernel/app-error.rule.ts';

/** A backup is a gzipped tar: any machine can list it (`tar tzf`). An entry is held whole, so it is a piece of a table, never all of it. */
export type Entry = { name: string; body: Buffer };
export const pieceBytes = 4 * 1024 * 1024;

/** Writes what `entries` gives to the file (mode 0600): whole or not at all. A file that is there already is not touched. */
export async function writeEntries(file: string, entries: AsyncIterable<Entry>): Promise<void> {
  const draft = `${file}.part`;
  // Takes the name, and fails where it is taken.
  await (await open(file, 'wx', 0o600)).close();
  const packed = pack();
  const writing = pipeline(packed, createGzip({ level: 4 }), createWriteStream(draft, { mode: 0o600 }));
  const fill = async (): Promise<void> => {
    for await (const { name, body } of entries)
      await new Promise<void>((resolve, reject) => {
        packed.entry({ name, mode: 0o600 }, body, (error) => (error ? reject(error) : resolve()));
      });
    packed.finalize();
  };
  try {
    await Promise.all([writing, fill()]);
    await rename(draft, file);
  } catch (error) {
    packed.destroy();
    await Promise.all([draft, file].map((each) => rm(each, { force: true })));
    throw error;
  }
}

/** The entries of such a file in their order. Throws `backup.damaged` where it is cut short or not one. */
export async function* readEntries(file: string): AsyncGenerator<Entry> {
  const unpacked = extract();
  const feeding = pipeline(createReadStream(file), createGunzip(), unpacked);
  feeding.catch(() => undefined);
  try {
    for await (const entry of unpacked) {
      const pieces: Buffer[] = [];
      for await (const piece of entry) pieces.push(piece as Buffer);
      yield { name: entry.header.name, body: Buffer.concat(pieces) };
    }
    await feeding;
  } catch (error) {
    if (error instanceof AppError || (error as NodeJS.ErrnoException).path !== undefined) throw error;
    throw damaged(error);
  }
}

export const damaged = (cause?: unknown): AppError =>
  new AppError(
    'invalid',
    'backup.damaged',
    'The file is no whole backup: it is cut short, was changed, or is something else. Nothing was restored.',
    undefined,
    { cause },
  );

import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { bytesOf, type ByteSource } from './source.rule.ts';

/** Opens a file for whoever reads it piece by piece. What is read is good until the next reading. */
export async function withFile<Result>(file: string, work: (source: ByteSource) => Promise<Result>): Promise<Result> {
  const opened = openSync(file, 'r');
  try {
    const about = fstatSync(opened);
    // A pipe can be read once only.
    if (!about.isFile()) return await work(bytesOf(readFileSync(opened)));
    return await work(sourceOf(opened, about.size));
  } finally {
    closeSync(opened);
  }
}

function sourceOf(file: number, length: number): ByteSource {
  return {
    length,
    read(from, to) {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(to, length) - from));
      let read = 0;
      while (read < bytes.length) {
        const more = readSync(file, bytes, read, bytes.length - read, from + read);
        if (more === 0) throw new Error('The file became shorter while it was read.');
        read += more;
      }
      return bytes;
    },
  };
}

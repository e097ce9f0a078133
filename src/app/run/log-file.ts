import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';

const ROTATE_BYTES = 10 * 1024 * 1024;
const KEPT = 3;
const TAIL_BYTES = 64 * 1024;

/** Moves a log that has grown too large aside (`.1` is the newest); done at start, when nobody writes to it. */
export function rotateLog(file: string, limit = ROTATE_BYTES): void {
  if (sizeOf(file) < limit) return;
  for (let age = KEPT - 1; age >= 1; age -= 1) {
    if (existsSync(`${file}.${age}`)) renameSync(`${file}.${age}`, `${file}.${age + 1}`);
  }
  renameSync(file, `${file}.1`);
}

export const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** What was written after `offset`, at most the last 64 KiB. */
export function readLogFrom(file: string, offset: number): string {
  const size = sizeOf(file);
  const start = Math.max(offset, size - TAIL_BYTES);
  if (size <= start) return '';
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(size - start);
    const length = readSync(descriptor, buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** The last line that says something; empty when there is none. */
export const lastLine = (text: string) => text.trim().split('\n').at(-1)?.trim() ?? '';

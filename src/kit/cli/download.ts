import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CliFault, exits, usage } from './fault.ts';
import type { Output } from './output.ts';
import type { Session } from '../../house/session.cli.ts';

/** To a file, whole or not at all, or to stdout. Null: stdout has it already. */
export async function download(
  session: Session,
  from: string,
  { out, json }: { out?: string; json?: boolean },
  query?: Record<string, string>,
): Promise<Output | null> {
  if (out === undefined && json === true)
    throw usage('With --json say --out FILE too: stdout holds one JSON document.');
  return save(session, await session.client().download(from, query), out);
}

async function save(session: Session, body: Readable, out: string | undefined): Promise<Output | null> {
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  try {
    if (out === undefined) {
      await pipeline(body, toOpenStream(session.stdout));
      return null;
    }
    const file = path.resolve(session.cwd, out);
    await pipeline(body, createWriteStream(`${file}.part`, { mode: 0o600 }));
    await rename(`${file}.part`, file);
    return { data: { file, bytes }, text: `${file}: ${bytes} bytes` };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).path !== undefined) throw cause;
    throw new CliFault(exits.unreachable, 'download.cut-short', 'The transfer ended before the file did; try again.', {
      cause,
    });
  }
}

/** Pipelines close what they write to; stdout stays open. */
const toOpenStream = (stream: NodeJS.WritableStream): Writable =>
  new Writable({
    write(chunk: Buffer, _, done) {
      if (stream.write(chunk)) done();
      else stream.once('drain', done);
    },
  });

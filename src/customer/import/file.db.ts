import { z } from 'zod';
import { execute, maybe, one, sql, type Db } from '../../kernel/sql.db.ts';

// Large enough that statements do not count, small enough that a few of them in memory do not either.
const pieceBytes = 262_144;

/** Keeps the file of an import in pieces as it arrives; `seen` is told of each. Gives its length. */
export async function keepFile(
  db: Db,
  importId: string,
  source: AsyncIterable<Uint8Array>,
  seen: (piece: Buffer) => void,
): Promise<number> {
  let seq = 0;
  let length = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    const piece = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (piece.length === 0) return;
    seen(piece);
    length += piece.length;
    await execute(db, sql`insert into import_file (import_id, seq, bytes) values (${importId}, ${seq}, ${piece})`);
    seq += 1;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const part = chunk.subarray(at, at + pieceBytes);
      pending.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
      pendingBytes += part.length;
      if (pendingBytes >= pieceBytes) await flush();
    }
  }
  await flush();
  return length;
}

const Piece = z.object({ bytes: z.instanceof(Buffer) });

/** How long the kept file is. */
export const keptBytes = async (db: Db, importId: string): Promise<number> =>
  (
    await one(
      db,
      z.object({ bytes: z.number() }),
      sql`select coalesce(sum(length(bytes)), 0)::int8 as bytes from import_file where import_id = ${importId}`,
    )
  ).bytes;

/** The file again, piece by piece. */
export async function* readFile(db: Db, importId: string): AsyncGenerator<Buffer> {
  for (let seq = 0; ; seq += 1) {
    const piece = await maybe(
      db,
      Piece,
      sql`select bytes from import_file where import_id = ${importId} and seq = ${seq}`,
    );
    if (!piece) return;
    yield piece.bytes;
  }
}

export const forgetFile = (db: Db, importId: string): Promise<unknown> =>
  execute(db, sql`delete from import_file where import_id = ${importId}`);

import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { auditHashAt, auditHead, insertAuditSeal } from './audit-seal.db.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import { errorFields } from '../../kernel/error-fields.ts';
import { auditSealHolds, makeAuditSeal, type AuditSeal } from './audit-seal.rule.ts';
import type { InstallationKey } from '../../kernel/installation-key.rule.ts';
import { sealKeyOf } from './seal.ts';
import type { SealKey } from './seal-key.rule.ts';

/** The seal file as it stands. `unreadable`: lines that are no seal, or whose signature does not hold. */
export type SealFile = { there: boolean; seals: AuditSeal[]; unreadable: number };

/** The installation's key and its file of seals, beside the database. */
export type AuditSeals = {
  key: SealKey;
  /** Seals the end of the record, unless it stands sealed. Rejects when the file cannot be written. */
  sealHead(): Promise<void>;
  read(): Promise<SealFile>;
  /** The row that was sealed last, by whatever this process knows. */
  last(): { seq: number; hash: string } | null;
};

const Line = z.object({
  kind: z.literal('head'),
  seq: z.int().min(1),
  hash: z.string(),
  at: z.string(),
  publicKey: z.string(),
  signature: z.string(),
});

/** The file is `audit-seals.jsonl` in the data folder. Several processes may share it: a line is one write at the end. */
export async function openAuditSeals(
  pool: Pool,
  installation: InstallationKey,
  dataFolder: string,
): Promise<AuditSeals> {
  const key = sealKeyOf(installation);
  const file = path.join(dataFolder, 'audit-seals.jsonl');
  const read = (): Promise<SealFile> => readSealFile(file);
  let last: { seq: number; hash: string } | null = null;
  for (const { seq, hash } of (await read()).seals) if (last === null || seq >= last.seq) last = { seq, hash };
  let running: Promise<void> = Promise.resolve();

  const sealHead = async (): Promise<void> => {
    const head = await auditHead(pool);
    // What was sealed and is gone is found by the check of the record; a seal over the rest hides nothing of it.
    if (head === null || (last?.seq === head.seq && last.hash === head.hash)) return;
    const seal = makeAuditSeal(key, 'head', head, new Date());
    await mkdir(dataFolder, { recursive: true });
    const handle = await open(file, 'a', 0o600);
    try {
      // A line that a crash has cut short must not swallow this one.
      await handle.write(`\n${JSON.stringify(seal)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await insertAuditSeal(pool, seal);
    last = head;
  };
  return {
    key,
    read,
    last: () => last,
    sealHead: () => {
      const next = running.catch(() => undefined).then(sealHead);
      running = next;
      return next;
    },
  };
}

async function readSealFile(file: string): Promise<SealFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { there: false, seals: [], unreadable: 0 };
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const seals: AuditSeal[] = [];
  for (const [index, line] of lines.entries()) {
    // A signature takes a tenth of a millisecond, and a busy year leaves half a million: others are let through in between.
    if (index % 200 === 199) await setImmediate();
    const seal = readLine(line);
    if (seal) seals.push(seal);
  }
  return { there: true, seals, unreadable: lines.length - seals.length };
}

function readLine(line: string): AuditSeal | null {
  try {
    const seal = Line.parse(JSON.parse(line));
    return auditSealHolds(seal) ? seal : null;
  } catch {
    // A line that a crash has cut short, or that somebody has written: counted by the caller.
    return null;
  }
}

/** Trouble with the seals as a process logs it. */
export const sealTrouble =
  (log: { error(fields: object, sentence: string): void }) =>
  (sentence: string, { error, ...fields }: Record<string, unknown>): void =>
    log.error(error === undefined ? fields : { ...fields, error: errorFields(error) }, sentence);

/** Seals now and every so often; `onTrouble` hears what is wrong, and when a row that was sealed has changed or gone. */
export function watchAuditSeals(
  pool: Pool,
  seals: AuditSeals,
  onTrouble: (sentence: string, fields: Record<string, unknown>) => void,
  everyMs = 30_000,
): { stop(): Promise<void> } {
  let told = '';
  const tell = (sentence: string, fields: Record<string, unknown>): void => {
    if (told !== sentence) onTrouble(sentence, fields);
    told = sentence;
  };
  const tick = async (): Promise<void> => {
    try {
      const last = seals.last();
      const stands = last === null || (await auditHashAt(pool, last.seq)) === last.hash;
      if (stands) told = '';
      else
        tell('The record no longer has the row that was sealed last: it was changed from outside.', { seq: last.seq });
      await seals.sealHead();
    } catch (error) {
      tell('The record could not be sealed; trying again.', { error });
    }
  };
  let running = tick();
  const timer = setInterval(() => void (running = running.then(tick)), everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
      await seals.sealHead().catch(() => undefined);
    },
  };
}

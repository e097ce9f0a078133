import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../kernel/app-error.rule.ts';
import { readBatches, type Reading, type ReadingDesk } from './records.ts';

/** What the thread asks; each is answered by a message with the same `id`. */
export type Asked = { id: number } & (
  | { ask: 'piece' }
  | { ask: 'mapping'; headings: string[] }
  | { ask: 'keep'; batch: Parameters<ReadingDesk['keep']>[0] }
);
export type Answered = { id: number; answer: unknown };
/** What it says last. */
export type Ended =
  | { end: 'read'; read: Awaited<ReturnType<typeof readBatches>> }
  | { end: 'fault'; kind: AppError['kind']; code: string; message: string; details: AppError['details'] };

const waiting = new Map<number, (answer: unknown) => void>();
parentPort?.on('message', ({ id, answer }: Answered) => {
  waiting.get(id)?.(answer);
  waiting.delete(id);
});

type Question = Asked extends infer One ? (One extends Asked ? Omit<One, 'id'> : never) : never;
let asked = 0;
const ask = (question: Question): Promise<unknown> =>
  new Promise((resolve) => {
    asked += 1;
    waiting.set(asked, resolve);
    parentPort?.postMessage({ ...question, id: asked }, []);
  });

async function* pieces(): AsyncGenerator<Buffer> {
  for (;;) {
    const piece = (await ask({ ask: 'piece' })) as Uint8Array | null;
    if (piece === null) return;
    yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  }
}

const say = (last: Ended): void => parentPort?.postMessage(last, []);
try {
  const read = await readBatches(workerData as Reading, {
    pieces: pieces(),
    mappingOf: async (headings) =>
      (await ask({ ask: 'mapping', headings })) as Awaited<ReturnType<ReadingDesk['mappingOf']>>,
    keep: async (batch) => void (await ask({ ask: 'keep', batch })),
  });
  say({ end: 'read', read });
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  const { kind, code, message, details } = error;
  say({ end: 'fault', kind, code, message, details });
}

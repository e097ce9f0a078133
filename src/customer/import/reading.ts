import { Worker } from 'node:worker_threads';
import { AppError } from '../../kernel/app-error.rule.ts';
import { readBatches, type Read, type Reading, type ReadingDesk } from './records.ts';
import type { Answered, Asked, Ended } from './reading-thread.ts';

// Below it a file is read sooner than a thread has started (0.2 s); above it the loop would stand still for everybody else.
const threadFromBytes = 524_288;

/** Reads a file of so many bytes: a large one in a thread of its own, so that nobody waits for it. Throws as `readBatches`. */
export const readFileOf = (bytes: number, reading: Reading, desk: ReadingDesk): Promise<Read> =>
  bytes < threadFromBytes ? readBatches(reading, desk) : readInThread(reading, desk);

// What is held is one piece and three batches; the rest is what waits to be collected, which a thread would let grow.
const textLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };

async function readInThread(reading: Reading, desk: ReadingDesk): Promise<Read> {
  const thread = new Worker(new URL('./reading-thread.ts', import.meta.url), {
    workerData: reading,
    ...(reading.source.as === 'text' && { resourceLimits: textLimits }),
  });
  const pieces = desk.pieces[Symbol.asyncIterator]();
  const answerTo = async (asked: Asked): Promise<unknown> => {
    if (asked.ask === 'mapping') return desk.mappingOf(asked.headings);
    if (asked.ask === 'keep') return desk.keep(asked.batch);
    const next = await pieces.next();
    return next.done ? null : next.value;
  };
  // What is being kept when the thread fails is kept to its end: rows that come later would be staged for ever.
  const working = new Set<Promise<unknown>>();
  try {
    return await new Promise<Read>((resolve, reject) => {
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('The thread that read a file ended before the file.')));
      thread.on('message', (said: Asked | Ended) => {
        if ('end' in said) {
          if (said.end === 'read') resolve(said.read);
          else reject(new AppError(said.kind, said.code, said.message, said.details));
          return;
        }
        const work = answerTo(said).then(
          (answer) => thread.postMessage({ id: said.id, answer } satisfies Answered, []),
          reject,
        );
        working.add(work);
        void work.finally(() => working.delete(work));
      });
    });
  } finally {
    await thread.terminate();
    await Promise.all(working);
    await pieces.return?.();
  }
}

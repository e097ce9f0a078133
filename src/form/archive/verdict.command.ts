import { mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import { findArchive, partsOf } from './archive.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { ArchiveVerdict, VerifyOptions } from './verify.rule.ts';
import { demandIn, type Context } from '../../house/context.ts';

// The archive of a million people takes a core for most of a minute: one at a time, and not on the thread that answers.
let line: Promise<unknown> = Promise.resolve();

/** Judges a campaign's archive by its bytes and this installation's own key, as `waihu verify --fingerprint` does. Nothing leaves the house, so nothing is put on record. */
export async function judgeArchive(ctx: Context, campaign: { id: string; unit: string; state: string }) {
  demandIn(ctx, 'campaign:read', campaign.unit);
  const archive = await findArchive(ctx.pool, campaign.id);
  if (!archive)
    throw new AppError(
      'missing',
      'archive.not-made',
      `This campaign is ${campaign.state}; its archive is made when everything is settled.`,
      { state: campaign.state },
    );
  const own = ctx.seals?.key.fingerprint;
  const judged = line.then(() =>
    inFile(partsOf(ctx.pool, { campaignId: campaign.id, build: archive.build }), (file) =>
      verifyBeside(file, own ? { sealFingerprints: [own] } : {}),
    ),
  );
  line = judged.catch(() => undefined);
  return { archive, verdict: await judged };
}

/** Hundreds of megabytes: kept on disk for as long as it takes, in a folder that nobody else may read. */
async function inFile<Result>(parts: AsyncIterable<Buffer>, work: (file: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'waihu-archive-'));
  try {
    const file = path.join(folder, 'archive.json');
    await pipeline(parts, createWriteStream(file));
    return await work(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function verifyBeside(file: string, options: VerifyOptions): Promise<ArchiveVerdict> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./verdict-worker.ts', import.meta.url), {
      workerData: { file, options },
    });
    worker.once('message', (verdict: ArchiveVerdict) => {
      resolve(verdict);
      void worker.terminate();
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The verifier ended without a verdict.')));
  });
}

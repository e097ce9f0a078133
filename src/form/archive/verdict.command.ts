import { Worker } from 'node:worker_threads';
import { findArchive, findArchiveBody } from './archive.db.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { ArchiveVerdict, VerifyOptions } from './verify.rule.ts';
import { loadCampaign } from '../../campaign/view.command.ts';
import { demandIn, type Context } from '../../house/context.ts';

// The archive of a million people takes a core for most of a minute: one at a time, and not on the thread that answers.
let line: Promise<unknown> = Promise.resolve();

/** Judges a campaign's archive by its bytes and this installation's own key, as `waihu verify --fingerprint` does. Nothing leaves the house, so nothing is put on record. */
export async function judgeArchive(ctx: Context, number: string) {
  const campaign = await loadCampaign(ctx, number);
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
  const judged = line.then(async () => {
    const stored = await findArchiveBody(ctx.pool, campaign.id);
    return verifyBeside(stored?.body ?? Buffer.alloc(0), own ? { sealFingerprints: [own] } : {});
  });
  line = judged.catch(() => undefined);
  return { campaign, archive, verdict: await judged };
}

function verifyBeside(body: Buffer, options: VerifyOptions): Promise<ArchiveVerdict> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./verdict-worker.ts', import.meta.url), {
      workerData: { body, options },
    });
    worker.once('message', (verdict: ArchiveVerdict) => {
      resolve(verdict);
      void worker.terminate();
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The verifier ended without a verdict.')));
  });
}

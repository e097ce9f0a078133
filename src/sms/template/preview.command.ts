import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { estimateCustomers } from '../../audience/count.db.ts';
import { findAudience, freezeCandidates, type Audience, type Candidate } from '../../audience/audience.db.ts';
import { VariableSources } from '../../campaign/campaign.db.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import { sampleCustomers } from './list.db.ts';
import { refuseForeignAudience } from '../../audience/audience.command.ts';
import { demand, type Context } from '../../house/context.ts';
import { chooseThree, renderPeople, type RenderedText, type Rendering } from './rendering.command.ts';

const Drawing = z.object({
  /** Null: out of all customers. */
  audienceId: z.uuid().nullable(),
  variableSources: VariableSources,
  /** Another number draws other people. */
  seed: z.int().min(0).max(1_000_000),
});

export type TextPreview = {
  /** At most three: the shortest, a usual and the longest of those drawn. */
  people: Rendering[];
  drawn: number;
  /** Of those drawn, how many have data that does not fit, and examples of what is missing. */
  unfit: number;
  unfitExamples: Rendering['faults'];
};

/** What real people would get, of a text that need not be stored yet. Throws `audience.unknown`, `template.unreadable`. */
export async function previewText(
  ctx: Context,
  text: RenderedText,
  input: z.input<typeof Drawing>,
): Promise<TextPreview> {
  demand(ctx, 'template:read');
  demand(ctx, 'customer:read');
  const { audienceId, variableSources, seed } = Drawing.parse(input);
  if (audienceId !== null) await refuseForeignAudience(ctx, ctx.pool, audienceId);
  const people = await draw(ctx, audienceId, seed);
  const renderings = renderPeople(text, people, variableSources);
  const unfit = renderings.filter((each) => each.text === null);
  return {
    people: chooseThree(renderings),
    drawn: people.length,
    unfit: unfit.length,
    unfitExamples: unfit[0]?.faults ?? [],
  };
}

const drawnPeople = 300;

async function draw(ctx: Context, audienceId: string | null, seed: number): Promise<Candidate[]> {
  const { pool } = ctx;
  const audience = audienceId === null ? null : await findAudience(pool, audienceId);
  if (audienceId !== null && audience?.state !== 'open')
    throw new AppError('missing', 'audience.unknown', 'There is no such audience.', { id: audienceId });
  if (audience && audience.filter === null) return drawFromFile(pool, audience, seed, ctx.now());
  const filter = audience?.filter ?? {};
  const customers = (await estimateCustomers(pool)) ?? 0;
  // About ten times as many rows as are wanted: the filter leaves some out.
  const percent = customers <= 10 * drawnPeople ? 100 : Math.max(0.01, (100 * 10 * drawnPeople) / customers);
  const drawn = await sampleCustomers(pool, filter, { percent, seed, limit: drawnPeople });
  return drawn.length >= 3 || percent === 100
    ? drawn
    : freezeCandidates(pool, { id: audience?.id ?? '', filter }, null, drawnPeople, ctx.now());
}

/** A stretch of the file that begins elsewhere for each seed. */
function drawFromFile(pool: Pool, audience: Audience, seed: number, now: Date): Promise<Candidate[]> {
  const starts = Math.max(1, (audience.size ?? 0) - drawnPeople + 1);
  return freezeCandidates(pool, audience, String((seed * 7_919) % starts), drawnPeople, now);
}

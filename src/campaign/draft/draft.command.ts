import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { draftSteps, emptyBody, savedElsewhere, stepFields } from './draft.rule.ts';
import { mayInUnit } from '../../kernel/permission.rule.ts';
import { record } from '../../house/audit/audit.db.ts';
import { deleteDraft, DraftBodyRow, findDraft, insertDraft, lockDraft, updateDraft, type Draft } from './draft.db.ts';
import { transaction } from '../../kernel/sql.db.ts';
import { canonicalJson } from '../../kernel/digest.rule.ts';
import { refuseForeignAudience } from '../../audience/audience.command.ts';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { oneLine, paragraph } from '../../kernel/field.rule.ts';

const NewDraft = z.object({
  name: oneLine(80),
  purpose: paragraph(500, 0).default(''),
  unit: oneLine(80).optional(),
  templateId: z.uuid().nullable().default(null),
  audienceId: z.uuid().nullable().default(null),
  variableSources: DraftBodyRow.shape.variableSources.default({}),
});

/** Begins a draft. */
export async function createDraft(ctx: Context, input: z.input<typeof NewDraft>): Promise<{ id: string }> {
  const { name, purpose, unit = ctx.staff.unit, ...chosen } = NewDraft.parse(input);
  return keepDraft(ctx, { name, unit, body: { ...emptyBody, purpose, ...chosen }, clonedFrom: null });
}

export const keepDraft = (
  ctx: Context,
  draft: Pick<Draft, 'name' | 'unit' | 'body' | 'clonedFrom'>,
): Promise<{ id: string }> =>
  mutate(ctx, 'campaign:write', async (tx) => {
    demandIn(ctx, 'campaign:write', draft.unit);
    if (draft.body.audienceId !== null) await refuseForeignAudience(ctx, tx, draft.body.audienceId);
    const id = randomUUIDv7();
    await insertDraft(tx, { id, ownerId: ctx.staff.id, ...draft }, ctx.now());
    const details = draft.clonedFrom === null ? {} : { clonedFrom: draft.clonedFrom };
    return { result: { id }, audit: { action: 'draft.create', objectKind: 'draft', objectId: id, details } };
  });

/** Throws `draft.missing`: also for drafts of units that the caller may not write in. */
export async function loadDraft(ctx: Context, id: string): Promise<Draft> {
  return demandDraft(ctx, await findDraft(ctx.pool, id));
}

/** The draft, if it is there for the caller; else throws `draft.missing`. */
export function demandDraft(ctx: Context, draft: Draft | null): Draft {
  if (draft && mayInUnit(ctx.staff.grants, 'campaign:write', draft.unit)) return draft;
  throw new AppError('missing', 'draft.missing', 'There is no such draft; it may have been handed in or deleted.');
}

const SaveDraft = z.object({
  id: z.uuid(),
  step: z.enum(draftSteps),
  version: z.int().min(1),
  /** Names the browser tab: see `savedElsewhere`. */
  tab: z.string().min(1).max(64),
  name: z.string().max(200).optional(),
  body: DraftBodyRow.partial().default({}),
  /** Where the person goes on from here. */
  goTo: z.enum(draftSteps).optional(),
});
export type SaveDraftInput = z.input<typeof SaveDraft>;
export type Saved = { kind: 'saved'; draft: Draft } | { kind: 'changed-elsewhere'; theirs: Draft };

/**
 * Keeps what one step's form carries, right or wrong. A form opened before somebody else saved is not taken over: both
 * versions are there to choose from. On record once for each row of saves from one tab, not for each keystroke.
 */
export async function saveDraft(ctx: Context, input: SaveDraftInput): Promise<Saved> {
  const form = SaveDraft.parse(input);
  return transaction(ctx.pool, async (tx): Promise<Saved> => {
    const row = demandDraft(ctx, await lockDraft(tx, form.id));
    demandIn(ctx, 'campaign:write', row.unit);
    const next = { ...row, ...taken(row, form) };
    const { audienceId } = next.body;
    if (audienceId !== null && audienceId !== row.body.audienceId) await refuseForeignAudience(ctx, tx, audienceId);
    // Canonical: what comes from the database has its keys in another order.
    const same = canonicalJson([next.name, next.body]) === canonicalJson([row.name, row.body]);
    if (same && next.step === row.step) return { kind: 'saved', draft: row };
    if (!same && savedElsewhere(row, form)) return { kind: 'changed-elsewhere', theirs: row };
    const now = ctx.now();
    if (!same) {
      next.version = row.version + 1;
      if (form.tab !== row.savedTab) next.savedSince = row.version;
      next.savedTab = form.tab;
    }
    await updateDraft(tx, next, ctx.staff.id, now);
    if (!same && form.tab !== row.savedTab) {
      await record(
        tx,
        {
          actor: `staff:${ctx.staff.id}`,
          action: 'draft.edit',
          objectKind: 'draft',
          objectId: row.id,
          details: { step: form.step, version: next.version },
        },
        now,
      );
    }
    return { kind: 'saved', draft: { ...next, savedBy: same ? row.savedBy : ctx.staff.name, updatedAt: now } };
  });
}

/** Only the step's own fields: the others may have been changed elsewhere. */
function taken(row: Draft, form: z.output<typeof SaveDraft>): Pick<Draft, 'name' | 'step' | 'body'> {
  const fields: readonly string[] = stepFields[form.step];
  const given = Object.fromEntries(Object.entries(form.body).filter(([field]) => fields.includes(field)));
  const body = DraftBodyRow.parse({ ...row.body, ...given });
  const name = fields.includes('name') ? (form.name ?? row.name) : row.name;
  return { name, body, step: form.goTo ?? form.step };
}

export async function discardDraft(ctx: Context, id: string): Promise<void> {
  await mutate(ctx, 'campaign:write', async (tx) => {
    const draft = demandDraft(ctx, await lockDraft(tx, id));
    await deleteDraft(tx, id);
    return {
      result: undefined,
      audit: { action: 'draft.delete', objectKind: 'draft', objectId: id, details: { version: draft.version } },
    };
  });
}

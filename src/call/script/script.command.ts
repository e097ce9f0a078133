import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { findForm } from '../../form/form.db.ts';
import { makeForm } from '../../form/make-form.command.ts';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { instant, oneLine, paragraph } from '../../kernel/field.rule.ts';
import { mayInUnit } from '../../kernel/permission.rule.ts';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import type { Db, Tx } from '../../kernel/sql.db.ts';
import { faultsOfContent, ScriptContent } from './content.rule.ts';
import { buildScript1 } from './script-1.rule.ts';
import * as db from './script.db.ts';
import { mayHaveNextVersion } from './state.rule.ts';
import { scriptSubject } from './subject.ts';

const Written = z.strictObject({
  name: oneLine(80),
  unit: oneLine(80).optional(),
  purpose: z.enum(contactPurposes),
  content: ScriptContent,
});
export const NewScriptInput = Written;
export type NewScriptInput = z.input<typeof NewScriptInput>;

const week = 7 * 86_400_000;

/** Throws `script.faults` with all that is wrong with it. */
function demandInOrder(content: ScriptContent): void {
  const faults = faultsOfContent(content).map(({ field, code }) => ({ field, code, message: code }));
  if (faults.length > 0)
    throw new AppError('invalid', 'script.faults', 'Some parts of the script do not fit together.', { faults });
}

/** One of a unit that the caller may not read is missing to them. */
export async function demandScript(ctx: Context, at: Db, idOrNumber: string): Promise<db.Script> {
  const script = await db.findScript(at, idOrNumber);
  if (script && mayInUnit(ctx.staff.grants, 'script:read', script.unit)) return script;
  throw new AppError(
    'missing',
    'script.missing',
    'There is no script with this id or number; see `waihu script list`.',
  );
}

async function holdOwnDraft(ctx: Context, tx: Tx, scriptId: string): Promise<db.Script> {
  const { id } = await demandScript(ctx, tx, scriptId);
  const script = await db.lockScript(tx, id);
  if (!script) throw new AppError('missing', 'script.missing', 'There is no script with this id.');
  demandIn(ctx, 'script:write', script.unit);
  if (script.applicantId !== ctx.staff.id)
    throw new AppError('denied', 'script.not-yours', 'Only who wrote the draft can change it or hand it in.');
  if (script.state !== 'draft')
    throw new AppError('conflict', 'script.not-draft', `This script is ${script.state}; write its next version.`, {
      state: script.state,
    });
  return script;
}

const audit = (action: string, { id, number, version }: { id: string; number: string; version: number }) => ({
  action,
  objectKind: 'script',
  objectId: id,
  details: { number, version },
});

async function insert(
  ctx: Context,
  tx: Tx,
  written: { family: string; name: string; unit: string; purpose: db.Script['purpose']; content: ScriptContent },
): Promise<{ id: string; number: string; version: number }> {
  const now = ctx.now();
  const { id: applicantId, name: applicantName } = ctx.staff;
  const id = randomUUIDv7();
  const signBy = new Date(now.getTime() + week);
  const draft = { ...written, id, applicantId, applicantName, signBy, createdAt: now };
  return { id, ...(await db.insertScript(tx, draft)) };
}

/** Keeps a draft. Throws `script.faults`. */
export async function createScript(
  ctx: Context,
  input: NewScriptInput,
): Promise<{ id: string; number: string; version: number }> {
  const { unit = ctx.staff.unit, ...written } = Written.parse(input);
  demandInOrder(written.content);
  return mutate(ctx, 'script:write', async (tx) => {
    demandIn(ctx, 'script:write', unit);
    const made = await insert(ctx, tx, { ...written, unit, family: randomUUIDv7() });
    return { result: made, audit: audit('script.create', made) };
  });
}

/** Throws `script.not-yours`, `script.not-draft`, `script.faults`. */
export async function changeScript(ctx: Context, input: NewScriptInput & { scriptId: string }): Promise<void> {
  const { scriptId, ...said } = input;
  const { unit, ...written } = Written.parse(said);
  demandInOrder(written.content);
  await mutate(ctx, 'script:write', async (tx) => {
    const script = await holdOwnDraft(ctx, tx, scriptId);
    if (unit !== undefined) demandIn(ctx, 'script:write', unit);
    await db.rewriteScript(tx, script.id, {
      ...written,
      unit: unit ?? script.unit,
      applicantName: ctx.staff.name,
    });
    return { result: undefined, audit: audit('script.change', script) };
  });
}

/** A further version with the content of this one, as a draft of the caller's. Throws `script.next-version-later` while this one waits for signatures. */
export async function nextVersion(
  ctx: Context,
  { scriptId }: { scriptId: string },
): Promise<{ id: string; number: string; version: number }> {
  return mutate(ctx, 'script:write', async (tx) => {
    const found = await demandScript(ctx, tx, scriptId);
    const script = await db.lockScript(tx, found.id);
    if (!script || !mayHaveNextVersion(script.state))
      throw new AppError(
        'conflict',
        'script.next-version-later',
        `This script is ${found.state}; a further version is written once it is signed, or sent back.`,
        { state: found.state },
      );
    demandIn(ctx, 'script:write', script.unit);
    const { family, name, unit, purpose, content } = script;
    const made = await insert(ctx, tx, { family, name, unit, purpose, content });
    return { result: made, audit: audit('script.next-version', made) };
  });
}

const Submit = z.strictObject({ scriptId: z.string().max(60), signBy: instant().optional() });

/** Hands the draft in: its form is made and the liaison officer is asked to sign. `signBy`: a week from now unless said. */
export async function submitScript(ctx: Context, input: z.input<typeof Submit>): Promise<{ digest: string }> {
  const { scriptId, signBy: wanted } = Submit.parse(input);
  const handed = await mutate(ctx, 'script:write', async (tx) => {
    const script = await holdOwnDraft(ctx, tx, scriptId);
    demandInOrder(script.content);
    const now = ctx.now();
    const signBy = wanted === undefined ? new Date(now.getTime() + week) : new Date(wanted);
    if (signBy <= now)
      throw new AppError('invalid', 'script.sign-by-past', 'Let the time to sign by lie in the future.', {
        field: 'signBy',
      });
    if (!ctx.seals) throw new Error('Nothing is handed in without the installation’s seals.');
    await db.submitScriptRow(tx, script.id, signBy);
    const text = buildScript1({ ...script, signBy });
    const about = { kind: 'script', id: script.id };
    const digest = await makeForm(tx, ctx.seals, { about, text, unit: script.unit, by: ctx.staff.id }, now);
    return { result: { ...about, digest }, audit: audit('script.submit', script) };
  });
  await ctx.processes.startSignOff({ kind: handed.kind, id: handed.id });
  return { digest: handed.digest };
}

const Withdraw = z.strictObject({ scriptId: z.string().max(60), reason: paragraph(500) });

/**
 * Its author takes it back, signed or not; lists that call with it stop at once. Throws `script.not-yours`, `form.wrong-state`.
 */
export async function withdrawScript(ctx: Context, input: z.input<typeof Withdraw>): Promise<void> {
  const { scriptId, reason } = Withdraw.parse(input);
  const id = await mutate(ctx, 'script:write', async (tx) => {
    const script = await demandScript(ctx, tx, scriptId);
    demandIn(ctx, 'script:write', script.unit);
    if (script.applicantId !== ctx.staff.id)
      throw new AppError('denied', 'script.not-yours', 'Only who handed the script in can take it back.');
    const said = { code: scriptSubject.reasons.withdrawn, reason };
    if (
      !(await findForm(tx, { kind: 'script', id: script.id })) ||
      !(await scriptSubject.move(tx, script.id, 'withdrawn', said, ctx.now()))
    )
      throw scriptSubject.refusals.wrongState(script.state, 'withdrawn');
    const { details, ...rest } = audit(scriptSubject.acts.withdraw, script);
    return { result: script.id, audit: { ...rest, details: { ...details, reason } } };
  });
  await ctx.processes.notify({ kind: 'script', id }, 'ended');
}

import { z } from 'zod';
import { findForm, signaturesOf } from '../../form/form.db.ts';
import { Page, pageOf } from '../../customer/customer.command.ts';
import { demand, unitsFor, type Context } from '../../house/context.ts';
import { listScripts, type Script } from './script.db.ts';
import { demandScript } from './script.command.ts';
import { scriptStates } from './state.rule.ts';

const Listing = Page.extend({ state: z.enum(scriptStates).nullish() });

/** The newest version of each; of a state asked for, all versions that stand so. */
export async function browseScripts(
  ctx: Context,
  input: z.input<typeof Listing> = {},
): Promise<{ rows: Script[]; next: string | null }> {
  demand(ctx, 'script:read');
  const { state, ...page } = Listing.parse(input);
  const filter = { state: state ?? null, family: null, units: unitsFor(ctx, 'script:read') };
  return pageOf(page, (before, limit) => listScripts(ctx.pool, filter, before, limit));
}

export type ScriptView = {
  script: Script;
  /** The newest first, this one included. */
  versions: Script[];
  digest: string | null;
  signatures: { role: 'liaison' | 'leader'; name: string; at: Date }[];
};

/** One version, its sisters, and who signed it. Throws `script.missing`. */
export async function showScript(ctx: Context, idOrNumber: string): Promise<ScriptView> {
  demand(ctx, 'script:read');
  const script = await demandScript(ctx, ctx.pool, idOrNumber);
  const sisters = { state: null, family: script.family, units: unitsFor(ctx, 'script:read') };
  const [versions, form] = await Promise.all([
    listScripts(ctx.pool, sisters, null, 100),
    findForm(ctx.pool, { kind: 'script', id: script.id }),
  ]);
  const signatures = form ? await signaturesOf(ctx.pool, form.id) : [];
  return {
    script,
    versions,
    digest: form?.digest ?? null,
    signatures: signatures.map(({ role, staffName, signedAt }) => ({ role, name: staffName, at: signedAt })),
  };
}

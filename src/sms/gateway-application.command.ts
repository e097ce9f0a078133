import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { isLoopback } from '../kernel/loopback.rule.ts';
import { findGatewayAccount, type GatewayAccount } from './gateway-account.db.ts';
import { findTemplate } from './template/template.db.ts';
import type { ApplyOutcome, GatewaySignature, ListedTemplate, SmsGateway } from './gateway.ts';
import { parseTemplate, renderTemplate } from './template/template.rule.ts';
import { demand, mutate, type Context } from '../house/context.ts';
import { createTemplate, demandTextInOrder, NewTemplateInput } from './template/template.command.ts';
import type { GatewayOf } from './template/view.command.ts';

/** What the provider has on file for an account. `sandbox`: it is on this machine, and its reviewers are machines. */
export type GatewayStock = {
  account: { id: string; name: string };
  sandbox: boolean;
  templates: ListedTemplate[];
  signatures: GatewaySignature[];
};

/** Throws `template.no-gateway`, `sms-gateway.no-answer`. */
export async function listGatewayStock(ctx: Context, gatewayOf: GatewayOf, accountId: string): Promise<GatewayStock> {
  demand(ctx, 'template:read');
  const account = await demandAccount(ctx, accountId);
  const gateway = gatewayOf(account);
  const [templates, signatures] = await Promise.all([gateway.listTemplates(), gateway.listSignatures()]);
  const { id, name, settings } = account;
  return { account: { id, name }, sandbox: isLoopback(settings.endpoint), templates, signatures };
}

/** `qualificationId`: of the company papers at the provider, which a real one asks for with a new signature. */
const Papers = { qualificationId: z.int().positive().nullable().default(null) };
const Application = NewTemplateInput.omit({ gatewayCode: true }).extend(Papers);

/**
 * Hands signature and text in at the provider and keeps the version under the code it gives. What already stands there with
 * this text, passed or in review, is taken instead of a second application. Throws `gateway.signature-handed-in` while the
 * signature waits for its reviewers: a provider takes no text under a signature that has not passed.
 */
export async function applyWithNewTemplate(
  ctx: Context,
  gatewayOf: GatewayOf,
  input: z.input<typeof Application>,
): Promise<{ id: string; version: number; code: string }> {
  demand(ctx, 'template:write');
  const { qualificationId, ...wanted } = Application.parse(input);
  demandTextInOrder(wanted);
  const account = await demandAccount(ctx, wanted.gatewayAccountId);
  const code = await apply(ctx, gatewayOf(account), account, wanted, qualificationId);
  const made = await createTemplate(ctx, { ...wanted, gatewayCode: code });
  return { ...made, code };
}

const Again = z.object({ templateId: z.uuid(), ...Papers });

/** The same for a version that the provider does not have: its successor carries the code that was given. */
export async function applyForTemplate(
  ctx: Context,
  gatewayOf: GatewayOf,
  input: z.input<typeof Again>,
): Promise<{ id: string; version: number; code: string }> {
  demand(ctx, 'template:write');
  const { templateId, qualificationId } = Again.parse(input);
  const template = await findTemplate(ctx.pool, templateId);
  if (!template) throw new AppError('missing', 'template.unknown', 'There is no such template.', { templateId });
  const { name, kind, source, variables, signName, gatewayAccountId, version } = template;
  const wanted = { name, kind, source, variables, signName, gatewayAccountId };
  demandTextInOrder(wanted);
  const account = await demandAccount(ctx, gatewayAccountId);
  const code = await apply(ctx, gatewayOf(account), account, wanted, qualificationId);
  // Only the signature was missing: the version is good as it is.
  if (code === template.gatewayCode) return { id: templateId, version, code };
  const made = await createTemplate(ctx, { ...wanted, gatewayCode: code });
  return { ...made, code };
}

type Wanted = Omit<z.output<typeof NewTemplateInput>, 'gatewayCode'>;

async function apply(
  ctx: Context,
  gateway: SmsGateway,
  account: GatewayAccount,
  wanted: Wanted,
  qualificationId: number | null,
): Promise<string> {
  const parsed = parseTemplate(wanted.source);
  if (!parsed.ok) throw new AppError('invalid', 'template.unreadable', 'Correct the faults of the template first.');
  await demandSignature(ctx, gateway, account, wanted, qualificationId);
  const known = (await gateway.listTemplates()).find(
    ({ content, kind, state }) =>
      content === parsed.gatewayContent && kind === wanted.kind && (state === 'passed' || state === 'reviewing'),
  );
  if (known) return known.code;
  await note(ctx, 'gateway.template-applied', account, { template: wanted.name, signName: wanted.signName });
  return demandTaken(
    await gateway.applyTemplate({
      name: wanted.name,
      kind: wanted.kind,
      content: parsed.gatewayContent,
      signName: wanted.signName,
      variables: wanted.variables.map(({ name, type }) => ({ name, type })),
      remark: exampleOf(wanted),
    }),
  );
}

/** Reviewers ask for a whole example. It is made of the examples that were typed, never of anybody's data. */
const exampleOf = ({ source, signName, variables }: Wanted): string =>
  `示例：【${signName}】${renderTemplate(source)(Object.fromEntries(variables.map(({ name, example }) => [name, example])))}`;

const looksAtSandbox = 12;
const lookEveryMs = 400;

async function demandSignature(
  ctx: Context,
  gateway: SmsGateway,
  account: GatewayAccount,
  wanted: Wanted,
  qualificationId: number | null,
): Promise<void> {
  let found = await gateway.findSignature(wanted.signName);
  if (found === null || found.state === 'failed' || found.state === 'cancelled') {
    await note(ctx, 'gateway.signature-applied', account, { signName: wanted.signName });
    demandTaken(await gateway.applySignature({ name: wanted.signName, qualificationId, remark: exampleOf(wanted) }));
    found = await gateway.findSignature(wanted.signName);
  }
  // The sandbox decides in seconds, and people should not have to press twice; reviewers who are people take days.
  for (let looks = 0; found?.state === 'reviewing' && isLoopback(account.settings.endpoint); looks += 1) {
    if (looks === looksAtSandbox) break;
    await wait(lookEveryMs);
    found = await gateway.findSignature(wanted.signName);
  }
  if (found?.state === 'passed') return;
  if (found?.state === 'failed')
    throw new AppError('conflict', 'gateway.signature-refused', 'The gateway refuses this signature.', {
      signName: wanted.signName,
      why: found.rejectInfo ?? '—',
    });
  throw new AppError(
    'conflict',
    'gateway.signature-handed-in',
    'The signature waits for the provider’s review; hand the text in once it has passed.',
    { signName: wanted.signName },
  );
}

function demandTaken(outcome: ApplyOutcome): string {
  if (outcome.kind === 'taken') return outcome.code;
  const details = { code: outcome.code, why: outcome.message };
  if (outcome.kind === 'refused')
    throw new AppError('conflict', 'gateway.application-refused', 'The gateway refuses the application.', details);
  throw new AppError(
    'unavailable',
    'gateway.application-unknown',
    'The gateway gave no answer to use; look whether the application stands in its list before you hand it in again.',
    details,
  );
}

/** On record before the call: what was handed in must not depend on an answer that may never come. */
const note = (
  ctx: Context,
  action: 'gateway.template-applied' | 'gateway.signature-applied',
  account: GatewayAccount,
  details: Record<string, string>,
): Promise<void> =>
  mutate(ctx, 'template:write', async () => ({
    result: undefined,
    audit: { action, objectKind: 'gateway', objectId: account.id, details: { account: account.name, ...details } },
  }));

async function demandAccount(ctx: Context, id: string): Promise<GatewayAccount> {
  const account = await findGatewayAccount(ctx.pool, id);
  if (account) return account;
  throw new AppError('invalid', 'template.no-gateway', 'There is no gateway account with this id.');
}

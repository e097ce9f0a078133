import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { demand, mutate, type Context } from '../house/context.ts';
import type { Seal } from '../house/notice/sealed.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { changeOf, withChange } from '../kernel/change.ts';
import { oneLine } from '../kernel/field.rule.ts';
import type { Db } from '../kernel/sql.db.ts';
import { AsteriskSettings } from './asterisk/settings.rule.ts';
import { checkAccount } from './dialer-of-account.ts';
import * as db from './voice-account.db.ts';
import { demandVoiceHost } from './voice-host.rule.ts';

const Password = z.string().min(1).max(200);
const CallerNumber = z
  .string()
  .max(21)
  .regex(/^\+?\d{3,20}$/, 'Give digits, as the carrier shows them.');
const callerNumbers = z
  .array(CallerNumber)
  .min(1)
  .max(200)
  .refine((numbers) => new Set(numbers).size === numbers.length, 'Name each number once.');

export const NewVoiceAccount = z.strictObject({
  name: z
    .string()
    .max(40)
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Use lower-case letters, digits and dashes.'),
  provider: z.enum(['asterisk']),
  settings: AsteriskSettings.extend({ url: AsteriskSettings.shape.url.max(300), user: oneLine(70) }),
  password: Password,
  callerNumbers,
  lines: z.int().min(1).max(10_000),
  callsPerSecond: z.int().min(1).max(1_000).default(10),
});

/** What is not named stays as it is. Where address or user change, the password must be given again. */
export const VoiceAccountChange = changeOf(NewVoiceAccount.omit({ name: true, provider: true }));

/** An account as people see it: its password leaves the database for the PBX alone. */
export type VoiceAccountView = Omit<db.VoiceAccount, 'webhookToken' | 'settings'> & { settings: AsteriskSettings };
const viewOf = ({ webhookToken: _token, settings, ...view }: db.VoiceAccount): VoiceAccountView => {
  const { sealedPassword: _password, ...shown } = settings;
  return { ...view, settings: shown };
};

export async function listVoiceAccounts(ctx: Context): Promise<VoiceAccountView[]> {
  demand(ctx, 'voice:read');
  return (await db.listVoiceAccounts(ctx.pool)).map(viewOf);
}

/** Throws `voice.missing`. */
export async function showVoiceAccount(ctx: Context, name: string): Promise<VoiceAccountView> {
  demand(ctx, 'voice:read');
  return viewOf(await demandAccount(ctx.pool, name));
}

async function demandAccount(at: Db, name: string): Promise<db.VoiceAccount> {
  const account = await db.findVoiceAccountByName(at, name);
  if (account) return account;
  throw new AppError('missing', 'voice.missing', 'There is no voice account of this name; see `waihu voice list`.');
}

function sealOf({ voiceSeal }: Context): Seal {
  if (!voiceSeal) throw new TypeError('This process was given no key to seal passwords with.');
  return voiceSeal;
}
const sealed = (seal: Seal, password: string, id: string): string => seal.seal(password, id).toString('base64');
const of = (account: Pick<db.VoiceAccount, 'id'>) => ({ objectKind: 'voice-account' as const, objectId: account.id });

export async function addVoiceAccount(ctx: Context, input: z.input<typeof NewVoiceAccount>): Promise<{ id: string }> {
  demand(ctx, 'voice:write');
  const { password, ...wanted } = NewVoiceAccount.parse(input);
  demandVoiceHost(wanted.settings.url, ctx.gatewayEndpoints ?? []);
  const id = randomUUIDv7();
  const settings = { ...wanted.settings, sealedPassword: sealed(sealOf(ctx), password, id) };
  return mutate(ctx, 'voice:write', async (tx) => {
    if (await db.findVoiceAccountByName(tx, wanted.name))
      throw new AppError('conflict', 'voice.name-taken', 'There is a voice account of this name already.');
    await db.insertVoiceAccount(tx, { ...wanted, id, settings, webhookToken: randomBytes(24).toString('base64url') });
    const details = { name: wanted.name, provider: wanted.provider };
    return { result: { id }, audit: { action: 'voice-account.create', ...of({ id }), details } };
  });
}

export async function changeVoiceAccount(
  ctx: Context,
  input: { name: string; change: z.input<typeof VoiceAccountChange> },
): Promise<void> {
  demand(ctx, 'voice:write');
  const { password, ...change } = VoiceAccountChange.parse(input.change);
  await mutate(ctx, 'voice:write', async (tx) => {
    const before = await demandAccount(tx, input.name);
    const settings = withChange(before.settings, change.settings ?? {});
    if (change.settings) demandVoiceHost(settings.url, ctx.gatewayEndpoints ?? []);
    const moves = settings.url !== before.settings.url || settings.user !== before.settings.user;
    if (moves && password === undefined)
      throw new AppError(
        'invalid',
        'voice.password-needed',
        'Enter the ARI password again for another address or user.',
        {
          faults: [{ field: 'password', code: 'voice.password-needed', message: 'Enter the password again.' }],
        },
      );
    if (password !== undefined) settings.sealedPassword = sealed(sealOf(ctx), password, before.id);
    await db.updateVoiceAccount(tx, {
      id: before.id,
      settings,
      callerNumbers: change.callerNumbers ?? before.callerNumbers,
      lines: change.lines ?? before.lines,
      callsPerSecond: change.callsPerSecond ?? before.callsPerSecond,
    });
    const fields = [
      ...Object.keys({ ...change, settings: undefined }).filter((name) => name !== 'settings'),
      ...Object.keys(change.settings ?? {}).map((name) => `settings.${name}`),
      ...(password === undefined ? [] : ['password']),
    ];
    return { result: undefined, audit: { action: 'voice-account.change', ...of(before), details: { fields } } };
  });
}

/** No new calls by this account from now on; those that are on go on. Throws `voice.stopped-already`. */
export async function stopVoiceAccount(ctx: Context, input: { name: string }): Promise<void> {
  await mutate(ctx, 'voice:write', async (tx) => {
    const account = await demandAccount(tx, input.name);
    if (!(await db.stopVoiceAccount(tx, account.id, 'by-hand')))
      throw new AppError('conflict', 'voice.stopped-already', 'This voice account is stopped already.');
    const details = { code: 'by-hand' };
    return { result: undefined, audit: { action: 'voice-account.stop', ...of(account), details } };
  });
}

/** Throws `voice.not-stopped`. */
export async function resumeVoiceAccount(ctx: Context, input: { name: string }): Promise<void> {
  await mutate(ctx, 'voice:write', async (tx) => {
    const account = await demandAccount(tx, input.name);
    if (!(await db.resumeVoiceAccount(tx, account.id)))
      throw new AppError('conflict', 'voice.not-stopped', 'This voice account is not stopped.');
    const details = { stopCode: account.stopCode };
    return { result: undefined, audit: { action: 'voice-account.resume', ...of(account), details } };
  });
}

export type VoiceCheck = { version: string; trunk: string | null; trunkState: string | null; milliseconds: number };

const mendings = {
  refused: 'voice.check-refused',
  'unknown-host': 'voice.check-unknown-host',
  certificate: 'voice.check-certificate',
  'no-answer': 'voice.check-no-answer',
  login: 'voice.check-login',
  forbidden: 'voice.check-forbidden',
  'not-ari': 'voice.check-not-ari',
  events: 'voice.check-events',
  old: 'voice.check-old',
  trunk: 'voice.check-trunk',
} as const;

/** Asks the PBX what calls will need of it, and dials nobody. Throws `voice.check-…`, each of which names what is to be mended. */
export async function checkVoiceAccount(ctx: Context, name: string): Promise<VoiceCheck> {
  demand(ctx, 'voice:write');
  const account = await demandAccount(ctx.pool, name);
  const began = performance.now();
  const check = await checkAccount(account, { seal: sealOf(ctx), hosts: ctx.gatewayEndpoints });
  const milliseconds = Math.round(performance.now() - began);
  if (check.kind === 'good') return { ...check, milliseconds };
  // Not 'unavailable': the check has done its work, and what is to be mended stands at the PBX or in the account.
  throw new AppError('conflict', mendings[check.fault], `The PBX cannot be used: ${check.fault}.`, {
    version: check.version ?? '',
    trunk: check.trunk ?? '',
  });
}

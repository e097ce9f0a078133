import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { isUrgent, noticeKinds, type NoticeKind } from './notice.rule.ts';
import { wantedByDefault } from './channel.rule.ts';
import type { Quiet } from './delivery.rule.ts';
import * as db from './channel.db.ts';
import { findStaff } from '../staff.db.ts';
import { normalizeMobile } from '../../kernel/phone.rule.ts';
import { maskAddress } from './deliver.ts';
import type { ChannelKit } from './kit.ts';
import { demand, mutate, type Context } from '../context.ts';
import { callNow, QuietInput } from './channel.command.ts';

const personal = ['email', 'sms'] as const;
export type PersonalChannel = (typeof personal)[number];
export type NoticeSettings = {
  /** Channels of which the house has one that works. */
  offered: PersonalChannel[];
  wanted: { kind: NoticeKind; channel: PersonalChannel; wanted: boolean }[];
  quiet: Quiet | null;
  houseQuiet: Quiet;
  addresses: { channel: PersonalChannel; shown: string | null; own: boolean; awaits: string | null }[];
};

/** How the caller is told of what. */
export async function showNoticeSettings(ctx: Context): Promise<NoticeSettings> {
  demand(ctx, 'self:read');
  const { pool, staff } = ctx;
  const me = await findStaff(pool, staff.id);
  const own = await db.addressesOf(pool, staff.id);
  const choices = await db.choicesOf(pool, [staff.id]);
  const channels = await db.listChannels(pool);
  const chosen = (kind: NoticeKind, channel: PersonalChannel): boolean =>
    choices.find((each) => each.kind === kind && each.channel === channel)?.wanted ??
    wantedByDefault(channel, kind, isUrgent(kind));
  return {
    offered: personal.filter((kind) => channels.some((channel) => channel.kind === kind && channel.enabled)),
    wanted: noticeKinds.flatMap((kind) =>
      personal.map((channel) => ({ kind, channel, wanted: chosen(kind, channel) })),
    ),
    quiet: await db.findOwnQuiet(pool, staff.id),
    houseQuiet: await db.loadHouseQuiet(pool),
    addresses: personal.map((channel) => {
      const mine = own.find((each) => each.channel === channel);
      const given = channel === 'email' ? me?.email : me?.phone;
      const used = mine?.verifiedAt ? mine.address : given;
      const awaits = mine && !mine.verifiedAt ? maskAddress(mine.address) : null;
      return { channel, shown: used ? maskAddress(used) : null, own: Boolean(mine?.verifiedAt), awaits };
    }),
  };
}

export const NoticeChoices = z.object({
  wanted: z.array(z.object({ kind: z.enum(noticeKinds), channel: z.enum(personal), wanted: z.boolean() })).max(100),
  quiet: QuietInput.nullable(),
});

/** The caller's own; which kinds somebody switched off is on record, since "nobody told me" is asked afterwards. */
export async function changeNoticeSettings(ctx: Context, input: z.input<typeof NoticeChoices>): Promise<void> {
  const { wanted, quiet } = NoticeChoices.parse(input);
  await mutate(ctx, 'self:write', async (tx) => {
    await db.storeChoices(tx, ctx.staff.id, wanted);
    await db.storeOwnQuiet(tx, ctx.staff.id, quiet);
    const off = wanted.filter((each) => !each.wanted).map(({ kind, channel }) => `${kind} ${channel}`);
    const on = wanted.filter((each) => each.wanted).map(({ kind, channel }) => `${kind} ${channel}`);
    return {
      result: undefined,
      audit: {
        action: 'notice-setting.change',
        objectKind: 'staff',
        objectId: ctx.staff.id,
        details: { on, off, quiet: quiet === null ? null : { ...quiet } },
      },
    };
  });
}

const codeMinutes = 10;
const mostTries = 5;
const hashOf = (staffId: string, code: string): string =>
  createHash('sha256').update(`${staffId} ${code}`).digest('hex');

/** Sends six digits to the address: it is used only once they have been entered. */
export async function askForAddress(
  ctx: Context,
  kit: ChannelKit,
  input: { channel: PersonalChannel; address: string },
): Promise<void> {
  demand(ctx, 'self:write');
  const address = addressOf(input);
  const channel = (await db.listChannels(ctx.pool)).find((each) => each.kind === input.channel && each.enabled);
  if (!channel)
    throw new AppError('conflict', 'notice-address.no-channel', 'The house has no working channel of this kind yet.');
  const now = ctx.now();
  const before = (await db.addressesOf(ctx.pool, ctx.staff.id)).find((each) => each.channel === input.channel);
  const sentAt = before?.codeExpiresAt ? before.codeExpiresAt.getTime() - codeMinutes * 60_000 : 0;
  if (now.getTime() - sentAt < 60_000)
    throw new AppError('conflict', 'notice-address.too-soon', 'A code was sent less than a minute ago; wait for it.');
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0');
  await mutate(ctx, 'self:write', async (tx) => {
    await db.storeAddress(tx, ctx.staff.id, {
      channel: input.channel,
      address,
      codeHash: hashOf(ctx.staff.id, code),
      codeExpiresAt: new Date(now.getTime() + codeMinutes * 60_000),
    });
    return { result: undefined, audit: record(ctx, 'notice-address.asked', input.channel, address) };
  });
  const outcome = await callNow(ctx, kit, channel, address, code);
  if (outcome.kind === 'accepted' || outcome.kind === 'unknown') return;
  throw new AppError('conflict', 'notice-address.not-sent', 'The code could not be sent to this address; check it.');
}

function addressOf({ channel, address }: { channel: PersonalChannel; address: string }): string {
  if (channel === 'email') {
    const read = z.email().max(200).safeParse(address.trim().toLowerCase());
    if (read.success) return read.data;
  } else {
    const read = normalizeMobile(address);
    if (read.ok) return read.phone;
  }
  throw new AppError('invalid', 'notice-address.invalid', 'This is not an address that notices can go to.', {
    field: 'address',
  });
}

const record = (ctx: Context, action: string, channel: string, address: string) => ({
  action,
  objectKind: 'staff',
  objectId: ctx.staff.id,
  details: { channel, address: maskAddress(address) },
});

/** The six digits that arrived. Five wrong ones spend the code. */
export async function confirmAddress(ctx: Context, input: { channel: PersonalChannel; code: string }): Promise<void> {
  demand(ctx, 'self:write');
  const holds = await mutate(ctx, 'self:write', async (tx) => {
    const now = ctx.now();
    const own = (await db.addressesOf(tx, ctx.staff.id)).find(({ channel }) => channel === input.channel);
    const open = own?.codeHash && own.codeExpiresAt && own.codeExpiresAt > now && own.tries < mostTries ? own : null;
    const given = Buffer.from(hashOf(ctx.staff.id, input.code.trim()));
    const right = open?.codeHash ? timingSafeEqual(given, Buffer.from(open.codeHash)) : false;
    if (own) await db.noteTry(tx, ctx.staff.id, input.channel, right ? now : null);
    const action = right ? 'notice-address.confirmed' : 'notice-address.refused';
    return { result: right, audit: record(ctx, action, input.channel, own?.address ?? '') };
  });
  if (!holds)
    throw new AppError('invalid', 'notice-address.code', 'The code is wrong, used up or older than ten minutes.', {
      field: 'code',
    });
}

/** Back to the address that an administrator entered. */
export async function dropAddress(ctx: Context, input: { channel: PersonalChannel }): Promise<void> {
  await mutate(ctx, 'self:write', async (tx) => {
    await db.deleteAddress(tx, ctx.staff.id, input.channel);
    return { result: undefined, audit: record(ctx, 'notice-address.dropped', input.channel, '') };
  });
}

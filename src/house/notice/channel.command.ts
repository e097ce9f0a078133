import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { noticeKinds } from './notice.rule.ts';
import { channelKinds, isPersonal, type ChannelKind, type ChannelOutcome } from './channel.rule.ts';
import { defaultQuiet, type Quiet } from './delivery.rule.ts';
import * as db from './channel.db.ts';
import { listDeliveries, type ListedDelivery } from './delivery.db.ts';
import { findStaff } from '../staff.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import { demandAddress, secretOf, settingsOf } from './channel/index.ts';
import type { ChannelKit } from './kit.ts';
import { demand, mutate, type Context } from '../context.ts';

/** A channel as people see it: its secrets never leave the database again, whoever asks. */
export type ChannelView = Omit<db.NoticeChannel, 'secret'>;
const viewOf = ({ secret: _secret, ...view }: db.NoticeChannel): ChannelView => view;

const name = z.string().trim().min(1).max(40);
const kinds = z.array(z.enum(noticeKinds)).max(noticeKinds.length);
const Fields = z.record(z.string(), z.unknown());
export const NewChannel = z.object({
  kind: z.enum(channelKinds),
  name,
  settings: Fields.default({}),
  secret: Fields.default({}),
  kinds: kinds.default([]),
});
export const ChannelChange = z.object({
  settings: Fields.optional(),
  /** Left out, or with empty fields: what is stored stays. */
  secret: Fields.optional(),
  kinds: kinds.optional(),
  enabled: z.boolean().optional(),
});

export async function listNoticeChannels(ctx: Context): Promise<ChannelView[]> {
  demand(ctx, 'setting:write');
  return (await db.listChannels(ctx.pool)).map(viewOf);
}

export async function showNoticeChannel(ctx: Context, id: string): Promise<ChannelView> {
  demand(ctx, 'setting:write');
  return viewOf(await demandChannel(ctx.pool, id));
}

async function demandChannel(at: Db, id: string): Promise<db.NoticeChannel> {
  const channel = await db.findChannel(at, id);
  if (!channel) throw new AppError('missing', 'channel.missing', 'There is no such notice channel.');
  return channel;
}

/** Throws what is wrong with the parts of a channel, by the name of the field; never with its value. */
function parseParts(kit: ChannelKit, kind: ChannelKind, parts: { settings: unknown; secret: unknown }) {
  const settings = settingsOf[kind].safeParse(parts.settings);
  const secret = secretOf[kind].safeParse(parts.secret);
  const field = settings.error?.issues[0]?.path[0] ?? secret.error?.issues[0]?.path[0];
  if (!settings.success || !secret.success)
    throw new AppError('invalid', 'channel.field', 'A setting of this notice channel is missing or not valid.', {
      field: String(field),
    });
  demandAddress({ kind, settings: settings.data, secret: secret.data }, kit.allowed);
  return { settings: settings.data as Record<string, unknown>, secret: secret.data };
}

export async function addNoticeChannel(
  ctx: Context,
  kit: ChannelKit,
  input: z.input<typeof NewChannel>,
): Promise<ChannelView> {
  demand(ctx, 'setting:write');
  const wanted = NewChannel.parse(input);
  const parts = parseParts(kit, wanted.kind, wanted);
  const id = randomUUIDv7();
  return mutate(ctx, 'setting:write', async (tx) => {
    const sealed = new Uint8Array(kit.seal.seal(parts.secret, id));
    const told = isPersonal(wanted.kind) ? [] : wanted.kinds;
    const channel = { id, kind: wanted.kind, name: wanted.name, settings: parts.settings, kinds: told };
    if (!(await db.insertChannel(tx, { ...channel, secret: sealed, enabled: true, createdAt: ctx.now() })))
      throw new AppError('conflict', 'channel.name-taken', 'There is a notice channel of this name already.', {
        field: 'name',
      });
    return {
      result: viewOf(await demandChannel(tx, id)),
      audit: {
        action: 'channel.create',
        objectKind: 'channel',
        objectId: id,
        details: { kind: wanted.kind, name: wanted.name, kinds: told },
      },
    };
  });
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

export async function changeNoticeChannel(
  ctx: Context,
  kit: ChannelKit,
  input: { id: string; change: z.input<typeof ChannelChange> },
): Promise<ChannelView> {
  demand(ctx, 'setting:write');
  const change = ChannelChange.parse(input.change);
  return mutate(ctx, 'setting:write', async (tx) => {
    const before = await demandChannel(tx, input.id);
    const given = Object.fromEntries(Object.entries(change.secret ?? {}).filter(([, value]) => isGiven(value)));
    // A password that goes on to another server would be handed to whoever runs that one.
    const moves = before.kind === 'email' && change.settings && movesMail(before.settings, change.settings);
    const kept = moves ? {} : (kit.seal.open(before.secret, before.id) as object);
    const parts = parseParts(kit, before.kind, {
      settings: change.settings ?? before.settings,
      secret: { ...kept, ...given },
    });
    const told = isPersonal(before.kind) ? [] : (change.kinds ?? before.kinds);
    const enabled = change.enabled ?? before.enabled;
    const sealed = new Uint8Array(kit.seal.seal(parts.secret, before.id));
    await db.updateChannel(tx, { id: before.id, settings: parts.settings, secret: sealed, kinds: told, enabled });
    return {
      result: viewOf(await demandChannel(tx, before.id)),
      audit: {
        action: 'channel.change',
        objectKind: 'channel',
        objectId: before.id,
        details: { fields: Object.keys(change), secrets: Object.keys(given), enabled, kinds: told },
      },
    };
  });
}

const movesMail = (before: Record<string, unknown>, after: Record<string, unknown>): boolean =>
  ['host', 'port', 'user', 'security'].some((field) => String(before[field]) !== String(after[field]));

/** Its deliveries go with it; what was done with it stays in the audit. */
export async function removeNoticeChannel(ctx: Context, input: { id: string }): Promise<void> {
  await mutate(ctx, 'setting:write', async (tx) => {
    const channel = await demandChannel(tx, input.id);
    await db.deleteChannel(tx, channel.id);
    return {
      result: undefined,
      audit: {
        action: 'channel.remove',
        objectKind: 'channel',
        objectId: channel.id,
        details: { kind: channel.kind, name: channel.name },
      },
    };
  });
}

export type ChannelTest = { outcome: ChannelOutcome['kind']; code: string | null };

/** Sends a test notice now: to the group or system, or to the caller's own address. Its outcome is on record. */
export async function testNoticeChannel(ctx: Context, kit: ChannelKit, input: { id: string }): Promise<ChannelTest> {
  demand(ctx, 'setting:write');
  const channel = await demandChannel(ctx.pool, input.id);
  const to = isPersonal(channel.kind) ? await ownAddress(ctx, channel.kind) : null;
  if (isPersonal(channel.kind) && to === null)
    throw new AppError(
      'conflict',
      'channel.no-own-address',
      'You have no address for this channel; enter one under your own notices.',
    );
  const outcome = await callNow(ctx, kit, channel, to, null);
  const code = outcome.kind === 'accepted' ? null : outcome.code;
  await mutate(ctx, 'setting:write', async (tx) => {
    await db.noteCall(
      tx,
      channel.id,
      // Only a good one counts towards health: who tries settings out raises no alarm.
      { failed: false, state: outcome.kind, code, nextAt: null, disable: false },
      ctx.now(),
    );
    return {
      result: undefined,
      audit: {
        action: 'channel.test',
        objectKind: 'channel',
        objectId: channel.id,
        details: { outcome: outcome.kind, code },
      },
    };
  });
  return { outcome: outcome.kind, code };
}

/** One message outside the outbox: a test, or the code that proves an address. */
export async function callNow(
  ctx: Context,
  kit: ChannelKit,
  channel: db.NoticeChannel,
  to: string | null,
  code: string | null,
): Promise<ChannelOutcome> {
  const t = kit.translators[ctx.staff.language ?? 'zh-CN'];
  const short = code === null ? t('notice.out.test') : t('notice.out-code', { code });
  const url = `${kit.publicUrl}/notices`;
  try {
    const driver = await kit.driverOf(channel);
    return await driver.send(
      {
        id: randomUUIDv7(),
        number: 0,
        kind: 'test',
        item: { kind: 'channel', id: channel.id },
        count: 1,
        title: t('notice.out-title-plain', { what: short }),
        text: code === null ? `${short}\n${url}` : short,
        url,
        short,
      },
      to,
      ctx.now(),
    );
  } catch (error) {
    const said = error instanceof AppError ? error.code : 'channel.field';
    return { kind: 'refused', code: said, whose: 'channel' };
  }
}

async function ownAddress(ctx: Context, channel: 'email' | 'sms'): Promise<string | null> {
  const own = (await db.addressesOf(ctx.pool, ctx.staff.id)).find(
    (each) => each.channel === channel && each.verifiedAt !== null,
  );
  if (own) return own.address;
  const me = await findStaff(ctx.pool, ctx.staff.id);
  return (channel === 'email' ? me?.email : me?.phone) ?? null;
}

/** What waits, failed or is unknown; with a channel, its last ones whatever became of them. */
export async function listNoticeDeliveries(
  ctx: Context,
  input: { channelId?: string | undefined; open: boolean },
): Promise<ListedDelivery[]> {
  demand(ctx, 'setting:write');
  return listDeliveries(ctx.pool, { ...input, limit: 100 });
}

export const QuietTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
export const QuietInput = z.object({ from: QuietTime, to: QuietTime, restDays: z.boolean() });

export const showHouseQuiet = (ctx: Context): Promise<Quiet> => {
  demand(ctx, 'self:read');
  return db.loadHouseQuiet(ctx.pool);
};

/** When nobody of the house is disturbed, unless they chose otherwise for themselves. */
export async function setHouseQuiet(ctx: Context, input: Quiet): Promise<void> {
  demand(ctx, 'setting:write');
  const quiet = QuietInput.parse({ ...defaultQuiet, ...input });
  await mutate(ctx, 'setting:write', async (tx) => {
    await db.storeHouseQuiet(tx, quiet, ctx.now());
    return {
      result: undefined,
      audit: { action: 'notice-quiet.set', objectKind: 'setting', objectId: 'notice-quiet', details: { ...quiet } },
    };
  });
}

import { createHash } from 'node:crypto';
import { alikeWithinMs, afterCall, failuresToAlarm, gapMs, isPersonal, type ChannelOutcome } from './channel.rule.ts';
import { quietUntil, whatNow, type DeliveryFacts } from './delivery.rule.ts';
import { addDays, chinaDateAt, chinaInstant } from '../../kernel/working-day.rule.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { announce } from './announce.db.ts';
import { findCalendar } from '../../kernel/calendar.db.ts';
import { findChannel, findOwnQuiet, loadHouseQuiet, noteCall, type NoticeChannel } from './channel.db.ts';
import * as deliveries from './delivery.db.ts';
import { transaction, type Pool, type Tx } from '../../kernel/sql.db.ts';
import type { OutgoingNotice } from './channel/channel.ts';
import type { ChannelKit } from './kit.ts';
import { placeOutside } from './place.ts';
import { templateVersion, wordsFor } from './words.ts';

export type DeliveryDeps = {
  pool: Pool;
  kit: ChannelKit;
  now: () => Date;
};

/** Longer than any call takes: who has not come back by then is gone. */
const leaseMs = 60_000;

type Call = { due: deliveries.DueDelivery; channel: NoticeChannel; notice: OutgoingNotice; to: string | null };

/** Judges the delivery that has been due longest and makes its call, if it is to be made. Gives whether there was one. */
export async function deliverNext(deps: DeliveryDeps): Promise<boolean> {
  const now = deps.now();
  const next = await transaction(deps.pool, (tx) => take(deps, tx, now));
  if (next === null || next === 'judged') return next !== null;
  await settle(deps, next, await send(deps, next));
  return true;
}

async function take(deps: DeliveryDeps, tx: Tx, now: Date): Promise<Call | 'judged' | null> {
  const channelId = await deliveries.takeChannel(tx, now);
  if (channelId === null) return null;
  const due = await deliveries.takeDue(tx, channelId, now);
  const channel = await findChannel(tx, channelId);
  if (!due || !channel) return null;
  const alike = await deliveries.alikeOf(tx, due, new Date(now.getTime() - alikeWithinMs), now);
  const waiting = alike.filter(({ state }) => state === 'queued').map(({ id }) => id);
  const step = whatNow(await factsOf(tx, due, channel, alike, now), now);
  if (step.kind === 'wait') await deliveries.putOff(tx, due.id, step.until);
  if (step.kind === 'drop') await deliveries.drop(tx, due.id, step.why, now);
  if (step.kind === 'wait' || step.kind === 'drop') return 'judged';
  if (step.kind === 'merge') await deliveries.mergeInto(tx, waiting, due.id, now);
  const notice = compose(deps, due, channel, 1 + (step.kind === 'merge' ? waiting.length : 0));
  const to = isPersonal(channel.kind) ? due.address : null;
  await deliveries.beginCall(
    tx,
    {
      id: due.id,
      channelId: channel.id,
      address: to === null ? channel.kind : maskAddress(to),
      bodyHash: createHash('sha256').update(notice.text).digest('hex'),
      version: templateVersion,
      leaseUntil: new Date(now.getTime() + leaseMs),
      channelNextAt: new Date(now.getTime() + gapMs(channel.kind)),
    },
    now,
  );
  return { due, channel, notice, to };
}

async function factsOf(
  tx: Tx,
  due: deliveries.DueDelivery,
  channel: NoticeChannel,
  alike: Awaited<ReturnType<typeof deliveries.alikeOf>>,
  now: Date,
): Promise<DeliveryFacts> {
  const calendar = await findCalendar(tx);
  const own = due.staffId === null ? null : await findOwnQuiet(tx, due.staffId);
  const sent = alike.filter(({ state }) => state === 'accepted');
  // Machines do not sleep.
  const quiet = channel.kind === 'webhook' ? null : quietUntil(own ?? (await loadHouseQuiet(tx)), calendar, now);
  return {
    kind: due.kind,
    level: due.level,
    createdAt: due.createdAt,
    channelEnabled: channel.enabled,
    reachable: due.staffId === null || (!due.disabled && due.address !== null),
    byWhatFails: isAboutOwn(due, channel),
    // A system keeps its own books: it hears of everything.
    settled: channel.kind !== 'webhook' && due.settled,
    read: due.read,
    deadline: due.deadline,
    quietUntil: quiet,
    capUntil: await capOf(tx, channel, now),
    alikeSent: sent.length,
    alikeSince: sent[0]?.at ?? null,
    alikeWaiting: alike.length - sent.length,
  };
}

/** A gateway's alarm does not go by that gateway. */
function isAboutOwn({ itemId, details }: deliveries.DueDelivery, channel: NoticeChannel): boolean {
  if (itemId === channel.id) return true;
  const account = channel.kind === 'sms' ? channel.settings['gatewayAccountId'] : null;
  return account !== null && account !== undefined && (itemId === account || details['accountId'] === account);
}

async function capOf(tx: Tx, channel: NoticeChannel, now: Date): Promise<Date | null> {
  const cap = channel.settings['dailyCap'];
  if (typeof cap !== 'number') return null;
  const today = chinaDateAt(now);
  const sent = await deliveries.sentToday(tx, channel.id, chinaInstant(today, '00:00'));
  return sent < cap ? null : chinaInstant(addDays(today, 1), '00:00');
}

function compose(
  deps: DeliveryDeps,
  due: deliveries.DueDelivery,
  channel: NoticeChannel,
  count: number,
): OutgoingNotice {
  const language = due.language ?? (channel.settings['language'] === 'en' ? 'en' : 'zh-CN');
  const url = `${deps.kit.publicUrl}${placeOutside(due, count)}`;
  const words = wordsFor(deps.kit.translators[language], { ...due, count, url });
  const { campaignNumber, itemKind, itemId } = due;
  const item = { kind: itemKind, id: campaignNumber ?? itemId };
  return { id: due.noticeId, number: due.number, kind: due.kind, item, count, url, ...words };
}

async function send(deps: DeliveryDeps, { channel, notice, to }: Call): Promise<ChannelOutcome> {
  try {
    const driver = await deps.kit.driverOf(channel);
    return await driver.send(notice, to, deps.now());
  } catch (error) {
    // Settings that no longer make a channel: nothing was called.
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'channel.field';
    return { kind: 'refused', code, whose: 'channel' };
  }
}

async function settle(deps: DeliveryDeps, { due, channel }: Call, outcome: ChannelOutcome): Promise<void> {
  const now = deps.now();
  const { attempts, repeated } = due;
  const call = { id: due.id, channelId: channel.id, channelKind: channel.kind, attempts: attempts + 1, repeated };
  await transaction(deps.pool, (tx) => close(tx, call, outcome, now));
}

type ClosingCall = {
  id: string;
  channelId: string;
  channelKind: NoticeChannel['kind'];
  attempts: number;
  repeated: boolean;
};

async function close(tx: Tx, call: ClosingCall, outcome: ChannelOutcome, now: Date): Promise<void> {
  const { channelKind, attempts, repeated } = call;
  const after = afterCall({ channel: channelKind, attempts, repeated }, outcome, now, Math.random());
  const closed = { ...after, id: call.id, attempt: attempts, outcome: outcome.kind };
  if (!(await deliveries.endCall(tx, closed, now))) return;
  const failures = await noteCall(
    tx,
    call.channelId,
    {
      failed: after.channelFailed,
      state: outcome.kind,
      code: after.code,
      nextAt: after.channelNextAt,
      disable: after.disableChannel,
    },
    now,
  );
  if (failures !== failuresToAlarm) return;
  const item = { kind: 'channel' as const, id: call.channelId };
  await announce(tx, { kind: 'channel-failing', item, step: now.toISOString() }, now);
}

/** Calls whose process died between the call and its record: they may have arrived, so they are repeated once and marked. */
export const recoverLost = (deps: Pick<DeliveryDeps, 'pool' | 'now'>): Promise<number> =>
  transaction(deps.pool, async (tx) => {
    const now = deps.now();
    const lost = await deliveries.takeLost(tx, now);
    for (const call of lost) await close(tx, call, { kind: 'unknown', code: 'process-gone' }, now);
    return lost.length;
  });

/** What the record keeps of an address. */
export function maskAddress(address: string): string {
  const [name = '', domain] = address.split('@');
  return domain === undefined ? maskPhone(address) : `${name.slice(0, 1)}***@${domain}`;
}

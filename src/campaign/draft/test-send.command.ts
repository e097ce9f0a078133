import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { formatTestOutId } from '../../sms/out-id.rule.ts';
import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { mayReceiveTest, testLimits, testRefusalFor, type TestRefusal } from './test-send.rule.ts';
import { findGatewayAccount } from '../../sms/gateway-account.db.ts';
import { lockDraft, type Draft } from './draft.db.ts';
import type { Tx } from '../../kernel/sql.db.ts';
import { covers, purposeOfKind } from '../../kernel/reach.rule.ts';
import { activeSuppressions } from '../../contact/suppression.db.ts';
import { findTemplate } from '../../sms/template/template.db.ts';
import {
  closeTestSend,
  countTestSends,
  holdTestSends,
  insertTestSend,
  testReceivers,
  testSendsOf,
} from './test-send.db.ts';
import type { TestReceiver } from './test-send.db.ts';
import { gatewayCodes } from '../../sms/index.ts';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { demandDraft } from './draft.command.ts';
import { examplesOf, showEstimate } from './estimate.command.ts';

const Input = z.object({
  draftId: z.uuid(),
  staffIds: z.array(z.uuid()).min(1).max(testLimits.perDraft),
  which: z.enum(['shortest', 'usual', 'longest']),
});

/**
 * Sends the text of one chosen person of the list to signers of the unit, or to oneself: the one thing that leaves without two
 * signatures (docs/adr/0007-test-messages.md). All of it is refused when one of them may not get it. Throws `test-send.*`.
 */
export async function sendTests(ctx: Context, input: z.input<typeof Input>): Promise<{ ids: string[] }> {
  const { draftId, staffIds, which } = Input.parse(input);
  const wanted = [...new Set(staffIds)];
  const ids = await mutate(ctx, 'campaign:write', async (tx) => {
    const draft = demandDraft(ctx, await lockDraft(tx, draftId));
    demandIn(ctx, 'campaign:write', draft.unit);
    const { result } = await showEstimate(ctx, draft);
    const example = (await examplesOf(ctx, draft, result)).find((each) => each.which === which);
    if (!example || draft.body.templateId === null)
      throw new AppError(
        'conflict',
        'test-send.no-text',
        'Choose the people and the text first; then there is something to send.',
      );
    await holdTestSends(tx);
    const receivers = await testReceivers(tx, draft.unit, ctx.staff.id);
    const made: string[] = [];
    for (const staffId of wanted) {
      const person = receivers.find(({ id }) => id === staffId) ?? null;
      const phone = await demandAllowed(ctx, tx, draft, person);
      const id = randomUUIDv7();
      await insertTestSend(tx, {
        id,
        draftId,
        templateId: draft.body.templateId,
        sentBy: ctx.staff.id,
        staffId,
        phone,
        variables: example.variables,
        outId: formatTestOutId(id),
        createdAt: ctx.now(),
      });
      made.push(id);
    }
    const details = { to: wanted.join(' '), templateId: draft.body.templateId, which };
    return { result: made, audit: { action: 'draft.test-send', objectKind: 'draft', objectId: draftId, details } };
  });
  await startAll(ctx, ids);
  return { ids };
}

/** Whatever Temporal did not take is closed: it must not go out later, when nobody waits for it any more. */
async function startAll(ctx: Context, ids: readonly string[]): Promise<void> {
  for (const [index, id] of ids.entries()) {
    try {
      await ctx.processes.sendTest(id);
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'process.unreachable';
      for (const left of ids.slice(index))
        await closeTestSend(ctx.pool, left, { from: ['open'], to: 'refused', code, bizId: null }, ctx.now());
      throw error;
    }
  }
}

/** The number to send to. */
async function demandAllowed(ctx: Context, tx: Tx, draft: Draft, person: TestReceiver | null): Promise<string> {
  const template = draft.body.templateId === null ? null : await findTemplate(tx, draft.body.templateId);
  const account = template && (await findGatewayAccount(tx, template.gatewayAccountId));
  if (!template || !account)
    throw new AppError('invalid', 'campaign.no-template', 'There is no template with this id; choose another.');
  const now = ctx.now();
  const phone = person?.phone ?? null;
  const counted =
    phone === null
      ? { ofDraft: 0, ofPhone: 0 }
      : await countTestSends(tx, {
          draftId: draft.id,
          phone,
          draftSince: new Date(now.getTime() - testLimits.draftHours * 3_600_000),
          phoneSince: new Date(now.getTime() - testLimits.phoneDays * 86_400_000),
        });
  const silent = phone === null ? [] : await activeSuppressions(tx, [phone], now);
  const refusal = testRefusalFor({
    entitled: person !== null && mayReceiveTest(person, { unit: draft.unit, sentBy: ctx.staff.id }),
    phone,
    suppressed: silent.some((each) => covers(each, { channel: 'sms', purpose: purposeOfKind(template.kind) })),
    accountStopped: account.state === 'stopped',
    kind: template.kind,
    hours: account.settings.hours,
    ...counted,
    now,
  });
  if (refusal === null && phone !== null) return phone;
  throw new AppError('conflict', refusal ?? 'test-send.no-phone', sentences[refusal ?? 'test-send.no-phone'], {
    name: person?.name ?? '',
  });
}

const sentences: Record<TestRefusal, string> = {
  'test-send.not-entitled': 'Test messages go to the unit’s signers and to yourself only.',
  'test-send.no-phone': 'No number is entered for this person; ask an administrator.',
  'test-send.suppressed': 'This number has opted out or is on a suppression list.',
  'test-send.outside-hours': 'Messages of this kind may not be sent at this hour.',
  'test-send.account-stopped': 'The gateway account is stopped.',
  'test-send.draft-limit': `A draft may send ${testLimits.perDraft} test messages an hour.`,
  'test-send.phone-limit': `A number may get ${testLimits.perPhone} test messages a day.`,
};

/** Who could get a test message of this draft, numbers masked; without a number only as a name. */
export async function listTestReceivers(
  ctx: Context,
  draft: Draft,
): Promise<{ id: string; name: string; phone: string | null; self: boolean }[]> {
  demandIn(ctx, 'campaign:write', draft.unit);
  const receivers = await testReceivers(ctx.pool, draft.unit, ctx.staff.id);
  return receivers.map(({ id, name, phone }) => ({
    id,
    name,
    phone: phone === null ? null : maskPhone(phone),
    self: id === ctx.staff.id,
  }));
}

export type TestLine = {
  id: string;
  name: string;
  phone: string;
  /** `delivered` and `undelivered` by the carrier's receipt. */
  state: 'open' | 'calling' | 'accepted' | 'refused' | 'unknown' | 'delivered' | 'undelivered';
  code: string | null;
  /** What the gateway's code means; null of our own codes. */
  meaning: { zh: string; en: string } | null;
  at: Date;
};

export async function listTestSends(ctx: Context, draft: Draft): Promise<TestLine[]> {
  demandIn(ctx, 'campaign:write', draft.unit);
  const lines = await testSendsOf(ctx.pool, draft.id, 10);
  return lines.map(({ id, staffName, phone, state, code, createdAt, delivered, receiptCode, provider }) => {
    const shown = delivered === null ? state : delivered ? ('delivered' as const) : ('undelivered' as const);
    const said = shown === 'undelivered' ? receiptCode : shown === 'refused' || shown === 'unknown' ? code : null;
    const ours = said === null || /^(?:test-send|gateway|campaign|process|sms-gateway|template)\./.test(said);
    return {
      id,
      name: staffName,
      phone: maskPhone(phone),
      state: shown,
      code: said,
      meaning: ours ? null : gatewayCodes(provider).explain(said).meaning,
      at: createdAt,
    };
  });
}

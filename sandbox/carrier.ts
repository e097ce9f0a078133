import { createAgenda } from './agenda.ts';
import { chinaTime } from './china-time.ts';
import { draw, hash53 } from './draw.ts';
import { fateOf } from './fate.ts';
import type { Journal } from './journal.ts';
import { bizIdOf, type Ledger, type TemplateText } from './ledger.ts';
import { createPusher } from './push.ts';
import type { Scenario } from './scenario.ts';

/** One call that the gateway has decided to accept. */
export interface AcceptedCall {
  outId: string;
  text: TemplateText;
  messages: readonly { phone: number; signName: string; param: string; segments: number }[];
}

interface CarrierOptions {
  scenario: () => Scenario;
  ledger: Ledger;
  journal: () => Journal;
  now: () => number;
  reportUrl: () => string | null;
  replyUrl: () => string | null;
}

interface Reply {
  phone: number;
  content: string;
  signName: string;
  at: number;
  sequence: number;
}

const ERR_MSG: Readonly<Record<string, string>> = { DELIVERED: '用户接收成功' };

export type Carrier = ReturnType<typeof createCarrier>;

/** Accepts messages into the ledger and plays what follows: verdicts, receipts, and customers who answer. */
export function createCarrier({ scenario, ledger, journal, now, reportUrl, replyUrl }: CarrierOptions) {
  const later = createAgenda<() => void>((run) => run());
  const dueReceipts = createAgenda<number>((row) => receipts.push(row));
  const waitingForPush = new Map<number, () => void>();
  const extendCodes = new Map<string, string>();
  // Microseconds of the start: unique across restarts and resets without being kept anywhere, and within 2^53.
  let nextCall = now() * 1000;
  let nextSequence = now() * 1000;
  let billed = 0;
  let replyCount = 0;

  const receipts = createPusher<number>({
    url: reportUrl,
    settings: () => scenario().push,
    timeScale: () => scenario().timeScale,
    later,
    render: receiptOf,
    attempted(rows) {
      if (waitingForPush.size > 0) for (const row of rows) waitingForPush.get(row)?.();
    },
    settled(rows) {
      for (const row of rows) ledger.settle(row);
      journal().settled(rows);
    },
  });
  const replies = createPusher<Reply>({
    url: replyUrl,
    settings: () => scenario().push,
    timeScale: () => scenario().timeScale,
    later,
    render: replyOf,
    attempted: () => undefined,
    settled: () => undefined,
  });

  function receiptOf(index: number) {
    const row = ledger.row(index);
    return {
      phone_number: String(row.phone),
      send_time: chinaTime(row.acceptedAt),
      report_time: chinaTime(row.reportAt),
      success: row.delivered,
      err_code: row.errCode,
      err_msg: ERR_MSG[row.errCode] ?? row.errCode,
      sms_size: String(row.segments),
      biz_id: bizIdOf(row.call),
      out_id: row.outId,
    };
  }

  /** The newer documentation has a string and no signature, the older a number and the signature: both are met in the wild. */
  function replyOf({ phone, content, signName, at, sequence }: Reply) {
    const common = { phone_number: String(phone), content, send_time: chinaTime(at), dest_code: destCode(signName) };
    return draw(scenario().seed, 'reply-variant', String(phone), content) < 0.5
      ? { ...common, sequence_id: String(sequence) }
      : { ...common, sequence_id: sequence, sign_name: signName };
  }

  /** The number that customers of a signature reply to. */
  function destCode(signName: string): string {
    return `1069${String(hash53(signName) % 100_000_000).padStart(8, '0')}${extendCodes.get(signName) ?? ''}`;
  }

  /** The customer answers now. Null when this number was never sent anything and no signature is named. */
  function reply(phone: number, content: string, signName?: string): number | null {
    let sign = signName;
    ledger.visitPhone(phone, (row) => {
      sign ??= ledger.signs[ledger.signAt(row)];
      return true;
    });
    if (sign === undefined) return null;
    const sequence = nextSequence++;
    replyCount++;
    replies.push({ phone, content, signName: sign, at: now(), sequence });
    return sequence;
  }

  function planReply(phone: number, signName: string, plan: { text: string; delayMs: number } | null, passedMs = 0) {
    if (plan === null || plan.delayMs < passedMs) return;
    later.schedule(plan.delayMs - passedMs, () => void reply(phone, plan.text, signName));
  }

  function acceptOne(call: AcceptedCall, message: AcceptedCall['messages'][number], callNumber: number, text: number) {
    const acceptedAt = now();
    const fate = fateOf(scenario(), message.phone, call.outId);
    const sign = ledger.internSign(message.signName);
    if (sign.isNew) journal().sign(message.signName);
    const row = {
      phone: message.phone,
      outId: call.outId,
      call: callNumber,
      acceptedAt,
      text,
      sign: sign.index,
      param: message.param,
      segments: message.segments,
      delivered: fate.delivered,
      errCode: fate.errCode,
      reportAt: acceptedAt + fate.reportDelayMs,
      lost: fate.lost,
    };
    const index = ledger.append(row);
    journal().message(row);
    billed += message.segments;
    planReply(message.phone, message.signName, fate.reply);
    if (!fate.lost && fate.duplicateDelayMs !== null) dueReceipts.schedule(fate.duplicateDelayMs, index);
    if (!fate.beforeResponse) {
      if (!fate.lost) dueReceipts.schedule(fate.reportDelayMs, index);
      return null;
    }
    return new Promise<void>((resolve) => {
      waitingForPush.set(index, () => {
        waitingForPush.delete(index);
        resolve();
      });
      receipts.push(index);
    });
  }

  return {
    /** Takes every message of the call under one BizId. `ready` is there when a receipt must go before the answer. */
    accept(call: AcceptedCall): { bizId: string; ready?: Promise<void> } {
      const callNumber = nextCall++;
      const text = ledger.internText(call.text);
      if (text.isNew) journal().text(call.text);
      const early = call.messages
        .map((message) => acceptOne(call, message, callNumber, text.index))
        .filter((pushed) => pushed !== null);
      const ready = early.length > 0 ? Promise.all(early).then(() => undefined) : undefined;
      return { bizId: bizIdOf(callNumber), ...(ready && { ready }) };
    },

    reply,
    destCode,

    /** Files an extension code under a signature; false when another signature uses it already. */
    claimExtendCode(code: string, signName: string): boolean {
      for (const [other, used] of extendCodes) if (used === code && other !== signName) return false;
      extendCodes.set(signName, code);
      return true;
    },

    /** Segments accepted so far, which is what the balance is charged with. */
    billedSegments: () => billed,

    /** Takes up again what a restart interrupted: receipts not acknowledged, and replies not yet due. */
    resume() {
      for (let index = 0; index < ledger.size; index++) {
        const row = ledger.row(index);
        billed += row.segments;
        const passedMs = now() - row.acceptedAt;
        planReply(row.phone, ledger.signs[row.sign] ?? '', fateOf(scenario(), row.phone, row.outId).reply, passedMs);
        if (!row.lost && !ledger.settled(index)) dueReceipts.schedule(Math.max(0, row.reportAt - now()), index);
      }
    },

    counts: () => ({
      receipts: { ...receipts.counts(), scheduled: dueReceipts.size },
      replies: { made: replyCount, ...replies.counts() },
    }),

    clear() {
      for (const release of waitingForPush.values()) release();
      dueReceipts.clear();
      later.clear();
      receipts.clear();
      replies.clear();
      extendCodes.clear();
      billed = 0;
      replyCount = 0;
    },

    stop() {
      later.stop();
      dueReceipts.stop();
      receipts.stop();
      replies.stop();
    },
  };
}

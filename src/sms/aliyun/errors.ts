import type { RecipientFault, RefusalClass } from '../submit-outcome.rule.ts';
import { errorTable } from './error-table.rule.ts';
import type { Wording } from './error-table.rule.ts';

/** What a code means for the call that got it; `unknown`: it may have been sent. */
export type CodeClass = RefusalClass | 'unknown';

export type CodeExplanation = {
  code: string;
  class: CodeClass;
  /** Only with class `recipient`. */
  fault: RecipientFault | null;
  /** False for a code that is in no table: classed by its family alone. */
  listed: boolean;
  meaning: Wording;
  /** What Waihu does now, by itself. */
  reaction: Wording;
};

/** Gateway codes come with suffixes that are added without notice (`InvalidSecurityToken.Expired`, `Forbidden.RAM`).
 *  All of these are answered before the message reaches the SMS product, so nothing was sent. */
const REFUSED_AT_THE_DOOR =
  /^(InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken|SignatureDoesNotMatch|IncompleteSignature|InvalidTimeStamp|Forbidden|NoPermission)(\.|$)/;

const THROTTLED: Wording = {
  zh: '请求过快，被网关限流，未发送',
  en: 'Too many calls: refused by the gateway, not sent.',
};
const AT_THE_DOOR: Wording = {
  zh: '密钥、签名或权限不被网关接受，未发送',
  en: 'The gateway does not accept the key, signature or permission; not sent.',
};
const UNLISTED: Wording = {
  zh: '短信平台拒绝了该请求，错误码不在已知列表中',
  en: 'Refused by the SMS platform with a code that is not in the list.',
};
const UNCLEAR: Wording = {
  zh: '错误码不在已知列表中，无法判断是否已发送',
  en: 'A code that is not in the list: it may or may not have been sent.',
};

/** Class of a code. The set of codes is open: never throws. */
export function classOfCode(code: string): CodeClass {
  return verdictOf(code).class;
}

/** What a code means and what happens now, in both languages of the console. */
export function explainCode(code: string): CodeExplanation {
  const verdict = verdictOf(code);
  const reaction = verdict.class === 'recipient' ? recipientReactions[verdict.fault] : reactions[verdict.class];
  return {
    code,
    class: verdict.class,
    fault: verdict.class === 'recipient' ? verdict.fault : null,
    listed: errorTable.has(code),
    meaning: verdict.meaning,
    reaction: code === BLACK_KEY ? blackKeyReaction : reaction,
  };
}

/**
 * Whether one number may have spoiled a call of several, so that halving the call finds it.
 * The gateway's verdict is for the whole call. With `sameText` every number had the same variables: then wrong data is
 * everyone's, and halving finds nothing.
 */
export function isSplittable(code: string, sameText = false): boolean {
  const verdict = verdictOf(code);
  if (verdict.class === 'defer') return true;
  if (verdict.class !== 'recipient') return false;
  return !sameText || verdict.fault !== 'data' || MAY_BE_THE_NUMBER.has(code);
}

/** Officially a banned word in a variable; in practice also a number on a black list. The others speak of the number alone. */
const BLACK_KEY = 'isv.BLACK_KEY_CONTROL_LIMIT';
const MAY_BE_THE_NUMBER = new Set([BLACK_KEY, 'isv.DOMESTIC_NUMBER_NOT_SUPPORTED', 'client.phone']);

/**
 * What a refusal of one number says of it; null for a code of another class. With `sameText` nobody's variables can hold a
 * banned word, so the black list that the code speaks of is one of numbers.
 */
export function faultOf(code: string, sameText: boolean): RecipientFault | null {
  const verdict = verdictOf(code);
  if (verdict.class !== 'recipient') return null;
  return code === BLACK_KEY && sameText ? 'blacklisted' : verdict.fault;
}

type Verdict =
  | { class: Exclude<CodeClass, 'recipient'>; meaning: Wording }
  | { class: 'recipient'; fault: RecipientFault; meaning: Wording };

function verdictOf(code: string): Verdict {
  const listed = errorTable.get(code);
  if (listed) return listed;
  if (code.includes('Throttling')) return { class: 'retry', meaning: THROTTLED };
  if (REFUSED_AT_THE_DOOR.test(code)) return { class: 'account', meaning: AT_THE_DOOR };
  if (code.startsWith('isv.')) return { class: 'recipient', fault: 'unlisted', meaning: UNLISTED };
  return { class: 'unknown', meaning: UNCLEAR };
}

const recipientReactions: Record<RecipientFault, Wording> = {
  number: {
    zh: '此号码列为禁发（空号），到期前不再发送',
    en: 'Suppressed as a dead number: no more SMS until the suppression ends.',
  },
  'opted-out': { zh: '列入退订名单，不再发送短信', en: 'Suppressed as an opt-out: no more SMS.' },
  blacklisted: {
    zh: '列为禁发（网关黑名单），到期前不再发送短信',
    en: 'Suppressed as blacklisted: no more SMS until the suppression ends.',
  },
  data: {
    zh: '此人未发送，请更正数据；若连续多人如此，活动自动暂停',
    en: 'Not sent: the row is to be corrected. If many rows fail so, the campaign pauses.',
  },
  unlisted: {
    zh: '此人未发送，留待人工处理；超出容错上限时活动自动暂停',
    en: 'Not sent: held for a person. Beyond the error budget the campaign pauses.',
  },
};

const blackKeyReaction: Wording = {
  zh: '此人未发送。含变量的短信请更正数据；全文相同的短信说明号码在黑名单，列为禁发',
  en: 'Not sent. With variables the row is to be corrected; with one text for all it is the number, which is suppressed.',
};

const reactions: Record<Exclude<CodeClass, 'recipient'>, Wording> = {
  retry: { zh: '稍候自动重发', en: 'Sent again by itself after a pause.' },
  defer: { zh: '推迟到频率限制解除后自动发送', en: 'Put off until the frequency limit lifts, then sent by itself.' },
  campaign: { zh: '活动已暂停，请负责人处理', en: 'The campaign pauses; its owner must act.' },
  account: {
    zh: '此账号下所有活动已暂停，请管理员处理',
    en: 'Every campaign of this account pauses; an administrator must act.',
  },
  unknown: {
    zh: '结果不明：等待回执并查询，不会盲目重发',
    en: 'Outcome unknown: settled by receipt or query, never resent blindly.',
  },
};

import { dysms } from './sdk.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { readFault, readAnswer } from './outcome.ts';
import type { AliyunCaller } from './client.ts';
import { toGatewayPhone } from './phone.ts';
import { parseChinaTime } from '../../kernel/china-clock.rule.ts';
import type { FindOutcome } from '../gateway.ts';

const PAGE_SIZE = 50;
/** More than one person can get in a day at 50 a template; a list that never ends must not hold the caller. */
const MOST_PAGES = 40;

type Query = { outId: string; kin?: string; phone: string; day: string };
type Detail = InstanceType<typeof dysms.QuerySendDetailsResponseBodySmsSendDetailDTOsSmsSendDetailDTO>;

/** Asks QuerySendDetails. `not-sent` only when the whole list of the day was read and neither our out id nor a kin is in it. */
export async function findMessage(caller: AliyunCaller, query: Query): Promise<FindOutcome> {
  const phone = toGatewayPhone(query.phone);
  if (phone === null) return { kind: 'not-sent' };
  if (!/^\d{8}$/.test(query.day)) {
    throw new AppError('invalid', 'sms-query.day', 'Give the day as YYYYMMDD.');
  }
  const kin: Detail[] = [];
  let read = 0;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await askPage(caller, query, phone, page);
    // A message that was seen stays sent, whatever the rest of the list would have said.
    if (!('details' in answer)) return kin.length > 0 ? worstOf(kin) : answer;
    const found = answer.details.filter((detail) => detail.outId === query.outId);
    if (found.length > 0) return worstOf(found);
    const { kin: prefix } = query;
    if (prefix !== undefined) kin.push(...answer.details.filter(({ outId }) => outId?.startsWith(prefix)));
    read += answer.details.length;
    if (read === answer.total && kin.length === 0) return { kind: 'not-sent' };
    // Rows added between two pages shift the rest: a list is complete only if its own count says so.
    if (answer.details.length < PAGE_SIZE || read === answer.total) {
      if (kin.length > 0) return worstOf(kin);
      return read >= answer.total ? { kind: 'not-sent' } : { kind: 'cannot-tell', code: 'client.incomplete-list' };
    }
  }
  return kin.length > 0 ? worstOf(kin) : { kind: 'cannot-tell', code: 'client.incomplete-list' };
}

async function askPage({ client, options, now }: AliyunCaller, query: Query, phone: string, currentPage: number) {
  const request = new dysms.QuerySendDetailsRequest({
    phoneNumber: phone,
    sendDate: query.day,
    pageSize: PAGE_SIZE,
    currentPage,
  });
  const context = { now, secrets: () => [phone, query.phone, query.outId] };
  try {
    const { body } = await client.querySendDetailsWithOptions(request, options());
    if (body?.code !== 'OK') {
      const verdict = readAnswer(body ?? {}, context);
      return cannotTell('code' in verdict ? verdict.code : 'client.unreadable-answer');
    }
    const details: unknown = body.smsSendDetailDTOs?.smsSendDetailDTO ?? [];
    const total = /^\d{1,9}$/.test(String(body.totalCount)) ? Number(body.totalCount) : null;
    if (total === null || !Array.isArray(details)) return cannotTell('client.unreadable-answer');
    return { details: details as Detail[], total };
  } catch (error) {
    const verdict = readFault(error, context);
    return cannotTell('code' in verdict ? verdict.code : 'client.unexpected');
  }
}

const cannotTell = (code: string) => ({ kind: 'cannot-tell' as const, code });

/** A message in several parts can have several rows: one lost part is a lost message. */
function worstOf(details: Detail[]): FindOutcome {
  const [worst] = details.map(readDetail).sort((a, b) => rank[a.state] - rank[b.state]);
  return worst ?? { kind: 'not-sent' };
}

const rank = { failed: 0, waiting: 1, delivered: 2 };

function readDetail({ outId, sendStatus, errCode, receiveDate }: Detail) {
  // 1 waiting, 2 failed, 3 delivered. Another number is new to us, but the row proves the send: wait for the receipt.
  const state = ({ 2: 'failed', 3: 'delivered' } as const)[Number(sendStatus)] ?? ('waiting' as const);
  const errorCode = typeof errCode === 'string' && !['', 'DELIVERED'].includes(errCode) ? errCode : null;
  return { kind: 'sent' as const, outId: outId ?? '', state, errorCode, receivedAt: parseChinaTime(receiveDate) };
}

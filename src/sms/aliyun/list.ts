import { dysms } from './sdk.ts';
import type { AliyunCaller } from './client.ts';
import { ask, unavailable } from './review.ts';
import type { GatewaySignature, ListedTemplate, ReviewState } from '../gateway.ts';

const pageSize = 50;
/** People choose from the list; who has more than 500 entries types the code. */
const mostPages = 10;

/** The account's templates, newest first. */
export async function listTemplates(caller: AliyunCaller): Promise<ListedTemplate[]> {
  return pages(async (pageIndex) => {
    const request = new dysms.QuerySmsTemplateListRequest({ pageIndex, pageSize });
    const body = await ask(caller, never, () =>
      caller.client.querySmsTemplateListWithOptions(request, caller.options()),
    );
    if (!body) throw unavailable('client.unreadable-answer');
    return (body.smsTemplateList ?? []).flatMap((each): ListedTemplate[] =>
      typeof each.templateCode === 'string' && typeof each.templateContent === 'string'
        ? [
            {
              code: each.templateCode,
              name: each.templateName ?? each.templateCode,
              content: each.templateContent,
              kind: kinds[String(each.outerTemplateType)] ?? null,
              state: listState(each.auditStatus),
              rejectInfo: each.reason?.rejectInfo || null,
            },
          ]
        : [],
    );
  });
}

/** The account's signatures, newest first. */
export async function listSignatures(caller: AliyunCaller): Promise<GatewaySignature[]> {
  return pages(async (pageIndex) => {
    const request = new dysms.QuerySmsSignListRequest({ pageIndex, pageSize });
    const body = await ask(caller, never, () => caller.client.querySmsSignListWithOptions(request, caller.options()));
    if (!body) throw unavailable('client.unreadable-answer');
    return (body.smsSignList ?? []).flatMap(({ signName, auditStatus, reason }) =>
      typeof signName === 'string'
        ? [{ name: signName, state: listState(auditStatus), rejectInfo: reason?.rejectInfo || null }]
        : [],
    );
  });
}

async function pages<Entry>(page: (index: number) => Promise<Entry[]>): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let index = 1; index <= mostPages; index++) {
    const found = await page(index);
    all.push(...found);
    if (found.length < pageSize) break;
  }
  return all;
}

// A list is never absent: no code means "no such thing" here.
const never = ' ';
// `OuterTemplateType` numbers kinds as CreateSmsTemplate does; the list's own `TemplateType` does not.
const kinds: Record<string, 'marketing' | 'notice'> = { 1: 'notice', 2: 'marketing' };

/** Lists say states in words; the cancelled one is misspelt for templates and rightly spelt for signatures. */
function listState(status: unknown): ReviewState {
  return states[String(status)] ?? 'reviewing';
}

const states: Record<string, ReviewState> = {
  AUDIT_STATE_INIT: 'reviewing',
  AUDIT_STATE_PASS: 'passed',
  AUDIT_STATE_NOT_PASS: 'failed',
  AUDIT_SATE_CANCEL: 'cancelled',
  AUDIT_STATE_CANCEL: 'cancelled',
};

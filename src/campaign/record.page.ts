import { z } from 'zod';
import { judgeArchive } from '../form/archive/verdict.command.ts';
import { loadCampaign, takeArchive } from './view.command.ts';
import { exportLedger, LedgerFilter, type LedgerLine } from './ledger-export.command.ts';
import type { CampaignState } from './state.rule.ts';
import { neverSent, pendingBecause } from './pending.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import { Numbered } from './live.page.ts';
import { codeOf } from './words.page.ts';
import { personReasonOf } from '../contact/reason.page.ts';
import { formatDateTime } from '../kit/page/format.ts';
import type { Pages } from '../kit/page/page.ts';
import { sendCsv } from '../kit/http/send-csv.ts';

const blank = (value: unknown) => (value === '' ? null : value);
const Narrowed = z.object({
  part: z.preprocess(blank, LedgerFilter.shape.part),
  reason: z.preprocess(blank, LedgerFilter.shape.reason),
  text: z.preprocess(blank, LedgerFilter.shape.text),
});

/** What leaves the house: the ledger and the archive. Posted, since each is put on record. */
export function campaignRecordPages(app: Api, pages: Pages): void {
  app.post(
    '/campaigns/:number/ledger.csv',
    { config: { needs: 'ledger:export' }, schema: { params: Numbered, body: Narrowed.nullish() } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { number } = request.params;
      const { campaign, part, rows } = await exportLedger(
        pages.contextOf(request),
        number,
        LedgerFilter.parse(request.body ?? {}),
      );
      const fileName = `${number}-ledger${part === null ? '' : `-${part}`}.csv`;
      return sendCsv(reply, linesOf(t, campaign.state, rows), { fileName });
    },
  );

  app.post(
    '/campaigns/:number/archive.json',
    { config: { needs: 'campaign:export' }, schema: { params: Numbered } },
    async (request, reply) => {
      const { number, bytes, body } = await takeArchive(pages.contextOf(request), request.params.number);
      return reply
        .type('application/json')
        .header('cache-control', 'no-store')
        .header('content-length', bytes)
        .header('content-disposition', `attachment; filename="${number}.waihu.json"`)
        .send(body);
    },
  );

  app.post(
    '/campaigns/:number/verify',
    { config: { needs: 'campaign:read' }, schema: { params: Numbered } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const campaign = await loadCampaign(ctx, request.params.number);
      const { archive, verdict } = await judgeArchive(ctx, campaign);
      const { facts } = verdict;
      return pages.page(request, reply, 'campaign/verdict', {
        title: t('campaign.verdict.title'),
        nav: 'campaigns',
        crumbs: [
          { href: '/campaigns', label: t('campaign.list.title') },
          { href: `/campaigns/${campaign.number}`, label: campaign.name },
        ],
        styles: ['campaign.css'],
        code: campaign.number,
        name: campaign.name,
        ok: verdict.ok,
        anchored: verdict.anchored,
        archive,
        failed: verdict.checks.filter(({ ok }) => !ok).length,
        passed: verdict.checks.filter(({ ok, open }) => ok && !open).length,
        own: pages.sealFingerprint,
        checks: verdict.checks.map(({ code, ok, open, zh, en, at }) => ({
          code,
          ok,
          open: open === true,
          sentence: t.language === 'zh-CN' ? zh : en,
          at: at ?? null,
        })),
        seal: facts?.sealFingerprint ?? null,
        form: facts?.formDigest ?? null,
        signedBy: (facts?.signedBy ?? []).map(({ role, name, unit, at, fingerprint }) => ({
          role,
          name,
          unit,
          at: new Date(at),
          fingerprint,
        })),
      });
    },
  );
}

/** Words in the reader's language beside the codes, which programs compare. Times are Beijing's. */
async function* linesOf(
  t: Translate,
  campaign: CampaignState,
  rows: AsyncIterable<LedgerLine>,
): AsyncGenerator<(string | number | null)[]> {
  const columns = [
    'seq',
    'phone',
    'customer',
    'state',
    'state-code',
    'reason',
    'reason-code',
    'attempt',
    'code',
    'claimed',
    'changed',
  ];
  yield columns.map((name) => t(`campaign.csv.${name}`));
  for await (const line of rows) {
    const { seq, phone, customerNumber, state, reason, attempt, code, claimedAt, changedAt } = line;
    yield [
      seq,
      phone,
      customerNumber,
      stateWord(t, campaign, state),
      state,
      whyOf(t, campaign, line),
      reason,
      attempt,
      code,
      claimedAt === null ? '' : formatDateTime(claimedAt),
      changedAt === null ? '' : formatDateTime(changedAt),
    ];
  }
}

function stateWord(t: Translate, campaign: CampaignState, state: LedgerLine['state']): string {
  if (state === 'excluded') return t('campaign.part.excluded');
  return state === 'pending' && neverSent(pendingBecause(campaign))
    ? t('campaign.pending.never')
    : t(`message-state.${state}`);
}

/** As the page of the ledger says it. */
function whyOf(t: Translate, campaign: CampaignState, { state, reason, code }: LedgerLine): string {
  if (reason !== null) return personReasonOf(t, reason);
  const held = state === 'pending' ? pendingBecause(campaign) : null;
  if (held !== null && held !== 'turn') return t(`campaign.pending.${held}`);
  return state === 'unknown' && code !== null ? codeOf(t, 'aliyun', code) : '';
}

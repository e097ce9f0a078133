import { randomUUIDv7 } from 'node:crypto';
import type { Pool } from 'pg';
import { expect } from 'vitest';
import { offerSubjects } from '../../../../src/app/subjects.ts';
import { estimateDraft } from '../../../../activities/draft-estimate.ts';
import { createDraft, loadDraft, saveDraft } from '../../../../src/campaign/draft/draft.command.ts';
import { seeToEstimate } from '../../../../src/campaign/draft/estimate.command.ts';
import type { Context } from '../../../../src/house/context.ts';
import type { Processes } from '../../../../src/house/processes.ts';
import { createTemplate } from '../../../../src/sms/template/template.command.ts';
import { findCalendar, storeCalendar } from '../../../../src/kernel/calendar.db.ts';
import type { Draft } from '../../../../src/campaign/draft/draft.db.ts';
import { GatewaySettings, insertGatewayAccount } from '../../../../src/sms/gateway-account.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../../src/kernel/calendar-cn.rule.ts';
import { chinaTimeOf, type DraftBody } from '../../../../src/campaign/draft/draft.rule.ts';
import type { SmsGateway } from '../../../../src/sms/gateway.ts';
import { parseTemplate } from '../../../../src/sms/template/template.rule.ts';
import type { Person } from '../../kit/http/kit.ts';
import type { Console, Shown } from '../../kit/page/kit.ts';

const source = '{{name}}您好，您的权益已到账，请于{{date}}前领取。';

/** A gateway of which nothing may be asked. */
export const untouchedGateway: SmsGateway = {
  limits: { sameText: 1, perPerson: 1 },
  submit: () => Promise.reject(new Error('This test sends nothing.')),
  find: () => Promise.reject(new Error('This test asks nothing.')),
  findTemplate: () => Promise.reject(new Error('This test asks nothing.')),
  findSignature: () => Promise.reject(new Error('This test asks nothing.')),
  listTemplates: () => Promise.reject(new Error('This test asks nothing.')),
  listSignatures: () => Promise.reject(new Error('This test asks nothing.')),
  applyTemplate: () => Promise.reject(new Error('This test applies for nothing.')),
  applySignature: () => Promise.reject(new Error('This test applies for nothing.')),
};

/** A gateway that holds our template as passed, and takes nothing. */
export const agreeingGateway = (over: Partial<SmsGateway> = {}): SmsGateway => {
  const parsed = parseTemplate(source);
  return {
    ...untouchedGateway,
    findTemplate: (code) =>
      Promise.resolve({ code, content: parsed.ok ? parsed.gatewayContent : '', state: 'passed', rejectInfo: null }),
    findSignature: (name) => Promise.resolve({ name, state: 'passed', rejectInfo: null }),
    listTemplates: () => Promise.resolve([]),
    listSignatures: () => Promise.resolve([]),
    ...over,
  };
};

/** Processes that count at once and start nothing else. */
export function countingProcesses(pool: () => Pool, gateway: SmsGateway = agreeingGateway()): Processes {
  offerSubjects();
  return {
    startCampaign: () => Promise.resolve(),
    sign: () => Promise.resolve(),
    startSignOff: () => Promise.resolve(),
    startCallList: () => Promise.resolve(),
    notify: () => Promise.resolve(),
    sendTest: () => Promise.resolve(),
    estimateDraft: (draftId, wanted) =>
      estimateDraft({ pool: pool(), gatewayOf: () => gateway }, draftId, wanted, () => undefined),
  };
}

/** Gateway account, template, topic and a file audience of `people`, whose names grow longer. */
export async function furnish(pool: Pool, ctx: Context, people = 12) {
  await transaction(pool, async (tx) => {
    if (!(await findCalendar(tx))) await storeCalendar(tx, calendarCn, 'test');
  });
  const accountId = randomUUIDv7();
  await insertGatewayAccount(pool, {
    id: accountId,
    name: `main-${accountId}`,
    provider: 'aliyun',
    settings: GatewaySettings.parse({ hours: { marketing: ['00:00', '24:00'], notice: ['00:00', '24:00'] } }),
    ratePerSecond: 100,
    priceMilliYuan: 45,
    webhookToken: accountId,
  });
  const template = await createTemplate(ctx, {
    name: `权益到账 ${accountId.slice(-6)}`,
    kind: 'notice',
    source,
    variables: [
      { name: 'name', type: 'name', maxLength: 10, example: '王女士', label: '称呼' },
      { name: 'date', type: 'text', maxLength: 35, example: '10月7日', label: '截止日期' },
    ],
    signName: '云汀金融',
    gatewayAccountId: accountId,
    gatewayCode: 'SMS_1',
  });
  const audienceId = randomUUIDv7();
  await pool.query(`insert into audience (id, name, state, created_by, size) values ($1, '老客户', 'open', $2, $3)`, [
    audienceId,
    ctx.staff.id,
    people,
  ]);
  await pool.query(
    `insert into audience_member (audience_id, seq, phone, variables)
     select $1, i, '+86138' || lpad((5550000 + i)::text, 8, '0'), jsonb_build_object('name', '王女士', 'date', repeat('长', 1 + i)) from generate_series(1, $2::int) i`,
    [audienceId, people],
  );
  return { accountId, templateId: template.id, audienceId };
}
export type Furniture = Awaited<ReturnType<typeof furnish>>;

const wholeBody = (given: Furniture, over: Partial<DraftBody> = {}): DraftBody => ({
  purpose: '国庆出行权益到账告知',
  audienceId: given.audienceId,
  templateId: given.templateId,
  variableSources: { name: { from: 'row', key: 'name' }, date: { from: 'row', key: 'date' } },
  topic: null,
  contactPurpose: null,
  startsAt: chinaTimeOf(new Date(Date.now() + 3_600_000)),
  endsAt: chinaTimeOf(new Date(Date.now() + 7 * 86_400_000)),
  dailyFrom: '00:00',
  dailyTo: '24:00',
  days: 'every-day',
  ratePerSecond: '50',
  requests: 'single',
  costCeiling: '100',
  stopFailures: '20',
  stopOptOuts: '10',
  stopComplaints: '1',
  signBy: '',
  ...over,
});

/** A draft filled in by the steps' own saves, counted. */
export async function filledDraft(ctx: Context, given: Furniture, over: Partial<DraftBody> = {}): Promise<Draft> {
  const { id } = await createDraft(ctx, { name: '国庆权益' });
  const body = wholeBody(given, over);
  for (const step of ['audience', 'text', 'window'] as const) {
    const { version } = await loadDraft(ctx, id);
    await saveDraft(ctx, { id, step, version, tab: 'kit', name: '国庆权益', body });
  }
  const draft = await loadDraft(ctx, id);
  await seeToEstimate(ctx, draft);
  return loadDraft(ctx, id);
}

/** What a form carries along unseen. */
export const hidden = (page: Shown, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html)?.[1] ?? '';

/** The wizard as a browser walks through it: it looks at a step, then posts its form. */
export function wizardOf({ get, post }: Console, as: Person, given: Furniture) {
  const whole = wholeBody(given);
  const windowForm = {
    startsAt: whole.startsAt,
    endsAt: whole.endsAt,
    dailyFrom: '00:00',
    dailyTo: '24:00',
    days: 'every-day',
    ratePerSecond: '50',
    requests: 'single',
    costCeiling: '100',
    signBy: '',
  };
  async function begin(name = '国庆权益'): Promise<string> {
    const made = await post('/drafts', { name, purpose: whole.purpose, unit: '' }, { as });
    expect(made.status).toBe(303);
    return /^\/drafts\/([0-9a-f-]{36})\/audience$/.exec(made.location ?? '')?.[1] ?? '';
  }
  async function fill(
    id: string,
    step: string,
    form: Record<string, string>,
    extra: Record<string, string> = {},
  ): Promise<Shown> {
    const page = await get(`/drafts/${id}/${step}`, { as });
    return post(
      `/drafts/${id}/${step}`,
      { version: hidden(page, 'version'), tab: hidden(page, 'tab'), go: 'next', ...form, ...extra },
      { as },
    );
  }
  /** Gives a draft that only waits for its submission. */
  async function filled(): Promise<string> {
    const id = await begin();
    const first = await fill(id, 'audience', {
      name: '国庆权益',
      purpose: whole.purpose,
      audienceId: given.audienceId,
    });
    expect(first.location).toBe(`/drafts/${id}/text`);
    await fill(id, 'text', { templateId: given.templateId, topic: '' });
    expect((await fill(id, 'window', windowForm)).location).toBe(`/drafts/${id}/checks`);
    expect((await fill(id, 'checks', {})).location).toBe(`/drafts/${id}/review`);
    return id;
  }
  return { whole, windowForm, begin, fill, filled };
}

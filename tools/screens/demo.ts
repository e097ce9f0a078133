import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAudience } from '../../src/audience/audience.command.ts';
import { createCampaign, type NewCampaignInput } from '../../src/campaign/draft/campaign-draft.command.ts';
import { pauseCampaign, rejectCampaign, submitCampaign } from '../../src/campaign/campaign.command.ts';
import { createDraft, loadDraft, saveDraft } from '../../src/campaign/draft/draft.command.ts';
import { seeToEstimate, showEstimate } from '../../src/campaign/draft/estimate.command.ts';
import { acceptImport } from '../../src/customer/import/acceptance.command.ts';
import { readImport } from '../../src/customer/import/import.command.ts';
import { suppress } from '../../src/contact/suppression.command.ts';
import { createTemplate } from '../../src/sms/template/template.command.ts';
import { createTopic } from '../../src/customer/topic.command.ts';
import { findCampaign } from '../../src/campaign/campaign.db.ts';
import { findGatewayAccountByName } from '../../src/sms/gateway-account.db.ts';
import type { CampaignState } from '../../src/campaign/state.rule.ts';
import { chinaTimeOf } from '../../src/campaign/draft/draft.rule.ts';
import { cities, customersCsv, phoneOf, type City } from './demo-customers.ts';
import { addPerson, contextOf, type Stage } from './demo-people.ts';

export type Demo = Awaited<ReturnType<typeof playDemo>>;

const signName = '云汀金融';
const texts = {
  benefit: ['权益到账', '{{name}}您好，您的国庆出行权益已到账，请于{{date}}前在手机银行领取。'],
  limit: ['额度调整', '{{name}}您好，您的信用额度已完成年度复核，详情请在手机银行“我的额度”查看。'],
  repay: ['还款提醒', '{{name}}您好，您本期账单将于{{date}}到期，请留意还款账户余额。'],
} as const;
const labels: Record<string, [label: string, type: 'name' | 'text', example: string]> = {
  name: ['称呼', 'name', '王女士'],
  date: ['截止日期', 'text', '10月7日'],
};

/** Plays customers, texts and campaigns in every state people meet, by the commands that pages and API call. */
export async function playDemo(stage: Stage) {
  const { pool } = stage;
  const administrator = await contextOf(stage, stage.administratorId);
  const unit = '零售客户部';
  const person = (name: string, email: string, roles: Parameters<typeof addPerson>[1]['roles'], phone: string) =>
    addPerson(stage, { name, email: `${email}@example.test`, unit, roles, phone });
  const applicant = await person('陈敏', 'chenmin', ['applicant', 'operator'], '13900000001');
  const liaison = await person('赵磊', 'zhaolei', ['liaison'], '13900000002');
  const leader = await person('周薇', 'zhouwei', ['leader'], '13900000003');
  const auditor = await person('林静', 'linjing', ['auditor', 'supervisor'], '13900000004');
  const ctx = await applicant.ctx();

  for (const [code, name] of [
    ['travel', '出行权益'],
    ['account', '账户通知'],
    ['wealth', '理财资讯'],
  ] as const)
    await createTopic(administrator, { code, name });
  const customers = await readImport(ctx, {
    kind: 'customers',
    fileName: '零售客户-2026-11.csv',
    stream: Readable.from([Buffer.from(customersCsv())]),
  });
  await acceptImport(ctx, { importId: customers.id });
  const waiting = await readImport(ctx, {
    kind: 'customers',
    fileName: '新增客户-11月.csv',
    stream: Readable.from([
      Buffer.from('手机号,姓名,等级\n13877770001,钱多多,金牌\n138777,孙小小,银牌\n13877770003,吴冰,钻石\n'),
    ]),
  });
  for (const [phone, kind, reason] of [
    [phoneOf('上海', 3), 'opt-out', '来电要求不再收到短信'],
    [phoneOf('上海', 9), 'complaint', '投诉工单 2026-1187'],
    [phoneOf('成都', 4), 'opt-out', '柜台登记'],
  ] as const)
    await suppress(ctx, { phone, kind, scope: 'all', reason });

  const account = await findGatewayAccountByName(pool, 'sandbox');
  if (!account) throw new Error('There is no sandbox account.');
  await stage.ask('PUT', `signatures/${signName}`, { state: 1 });
  const templates: Record<keyof typeof texts, string> = { benefit: '', limit: '', repay: '' };
  for (const [index, key] of (['benefit', 'limit', 'repay'] as const).entries()) {
    const [name, source] = texts[key];
    const gatewayCode = `SMS_${294_881_003 + index}`;
    await stage.ask('PUT', `templates/${gatewayCode}`, {
      name,
      content: source.replaceAll(/\{\{(\w+)\}\}/g, '$${$1}'),
      type: 1,
      state: 1,
    });
    const { id } = await createTemplate(ctx, {
      name,
      kind: 'notice',
      source,
      variables: variablesOf(source).map((variable) => {
        const [label, type, example] = labels[variable] ?? [variable, 'text', variable];
        return { name: variable, type, maxLength: 10, example, label };
      }),
      signName,
      gatewayAccountId: account.id,
      gatewayCode,
    });
    templates[key] = id;
  }

  const audiences = {} as Record<City, string>;
  for (const { city } of cities)
    audiences[city] = (
      await createAudience(ctx, { name: `${city}客户`, filter: { attributes: { 城市: { eq: city } } } })
    ).id;

  async function until(id: string, ...states: CampaignState[]): Promise<void> {
    for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100))
      if (states.includes((await findCampaign(pool, id))?.state ?? 'draft')) return;
    throw new Error(`The campaign has not become ${states.join(' or ')}.`);
  }
  async function campaign(name: string, city: City, text: keyof typeof texts, change: Partial<NewCampaignInput> = {}) {
    const made = await createCampaign(ctx, {
      name,
      purpose: `${name}告知`,
      templateId: templates[text],
      audienceId: audiences[city],
      variableSources: Object.fromEntries(
        variablesOf(texts[text][1]).map((variable) => [
          variable,
          variable === 'name' ? { from: 'name' as const } : { from: 'attribute' as const, key: '截止日期' },
        ]),
      ),
      window: {
        startsAt: new Date(Date.now() - 60_000).toISOString(),
        endsAt: new Date(Date.now() + 8 * 3_600_000).toISOString(),
        dailyFrom: '00:00',
        dailyTo: '24:00',
      },
      ratePerSecond: 50,
      costCeilingFen: 20_000,
      // The sandbox's customers opt out as they like: of a list this short two would pause what is to end.
      stopConditions: { failurePercent: 100, optOutsPerThousand: 1_000, complaintsPerThousand: 1_000 },
      ...change,
    });
    await submitCampaign(ctx, { campaignId: made.id });
    await until(made.id, 'awaiting-liaison');
    return made;
  }
  async function signed(...given: Parameters<typeof campaign>) {
    const made = await campaign(...given);
    await liaison.sign('liaison', made.id);
    await leader.sign('leader', made.id);
    return made;
  }

  const archived = await signed('中秋礼券到账', '成都', 'benefit', { ratePerSecond: 200 });
  const rejected = await campaign('额度复核通知', '武汉', 'limit');
  await rejectCampaign(await liaison.ctx(), {
    campaignId: rejected.id,
    reason: '文中“我的额度”入口已改名，请改后重提',
  });
  const paused = await signed('十一月还款提醒', '杭州', 'repay', { ratePerSecond: 10 });
  await until(paused.id, 'sending');
  const awaitingLeader = await campaign('冬季出行权益', '北京', 'benefit');
  await liaison.sign('liaison', awaitingLeader.id);
  await until(awaitingLeader.id, 'awaiting-leader');
  const awaitingLiaison = await campaign('额度调整通知', '广州', 'limit');
  await pauseCampaign(ctx, { campaignId: paused.id, reason: '客服热线反馈还款日有误，核实中' });
  const scheduled = await signed('元旦权益预告', '深圳', 'benefit', {
    window: {
      startsAt: new Date(Date.now() + 26 * 3_600_000).toISOString(),
      endsAt: new Date(Date.now() + 72 * 3_600_000).toISOString(),
      dailyFrom: '09:00',
      dailyTo: '18:00',
    },
  });
  const draftId = await filledDraft();
  await until(archived.id, 'archived');
  // Last, so that it still sends while the pictures are taken.
  const sending = await signed('国庆出行权益', '上海', 'benefit', { ratePerSecond: 5 });
  await until(sending.id, 'sending');

  const { rows } = await pool.query<{ id: string }>('select id from customer where phone = $1', [
    `+86${phoneOf('成都', 1)}`,
  ]);
  return {
    people: { applicant, liaison, leader, auditor },
    customerId: rows[0]?.id ?? '',
    importId: waiting.id,
    audienceId: audiences['上海'],
    templateId: templates.benefit,
    draftId,
    staffId: liaison.id,
    numbers: {
      archived: archived.number,
      rejected: rejected.number,
      paused: paused.number,
      awaitingLeader: awaitingLeader.number,
      awaitingLiaison: awaitingLiaison.number,
      scheduled: scheduled.number,
      sending: sending.number,
    },
  };

  /** A draft that is whole, and counted. */
  async function filledDraft(): Promise<string> {
    const { id } = await createDraft(ctx, { name: '双十二权益提醒', purpose: '告知客户双十二支付权益' });
    const body = {
      audienceId: audiences['武汉'],
      templateId: templates.benefit,
      variableSources: { name: { from: 'name' as const }, date: { from: 'attribute' as const, key: '截止日期' } },
      startsAt: chinaTimeOf(new Date(Date.now() + 3 * 3_600_000)),
      endsAt: chinaTimeOf(new Date(Date.now() + 48 * 3_600_000)),
      dailyFrom: '09:00',
      dailyTo: '20:00',
      ratePerSecond: '100',
      costCeiling: '60.00',
    };
    for (const step of ['audience', 'text', 'window'] as const) {
      const { version, body: kept } = await loadDraft(ctx, id);
      await saveDraft(ctx, { id, step, version, tab: 'demo', body: { ...body, purpose: kept.purpose } });
    }
    await seeToEstimate(ctx, await loadDraft(ctx, id));
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200))
      if ((await showEstimate(ctx, await loadDraft(ctx, id))).state === 'done') return id;
    throw new Error('The draft was not counted.');
  }
}

const variablesOf = (source: string): string[] => [...source.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name);

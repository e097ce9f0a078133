import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { roles } from '../../../src/kernel/permission.rule.ts';
import { findCalendar, storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { transaction, type Pool } from '../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { receiveAliyun } from '../../../src/sms/webhook/aliyun.api.ts';
import { makeCallList, makeCallTask, makeVoiceAccount } from '../../kit/call.ts';
import { makeCampaign, formFor, times } from '../campaign/page-kit.ts';
import { openConsole } from '../kit/page/kit.ts';

// A whole form of another house: pages read it, and say that it is not the one that was digested.
const vector = new URL('../../../docs/vectors/archive-valid.json', import.meta.url);
const aForm = (JSON.parse(readFileSync(vector, 'utf8')) as { form: { body: object } }).form.body;

/** A console and API with one of everything in it, and somebody who may do everything. */
export async function openWalkedHouse() {
  // The house makes its database after it has been told its routes.
  const later: { pool?: Pool } = {};
  const pool = new Proxy({} as Pool, {
    get: (_, name) => Reflect.get(later.pool ?? {}, name, later.pool) as unknown,
  });
  const takeIn = { wake: () => undefined, stop: async () => undefined };
  const house = await openConsole({ extraRoutes: (api) => receiveAliyun(api, { pool, takeIn }) });
  later.pool = house.pool;
  const everybody = await house.hire(roles);
  const other = await house.hire(['operator']);
  const as = everybody;
  await transaction(house.pool, async (tx) => {
    if (!(await findCalendar(tx))) await storeCalendar(tx, calendarCn, 'test');
  });
  const make = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await house.call('POST', path, { as, body });
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  await make('/v1/topics', { code: 'offers', name: '优惠' });
  const gateway = await make('/v1/gateway-accounts', {
    name: 'main',
    provider: 'aliyun',
    settings: { endpoint: '127.0.0.1:9', protocol: 'http' },
    ratePerSecond: 100,
    priceMilliYuan: 45,
  });
  const audience = await make('/v1/audiences', { name: 'Everybody', filter: {} });
  const template = await make('/v1/templates', {
    kind: 'notice',
    source: '{{name}}，您的账单已出。',
    variables: [{ name: 'name', type: 'name', maxLength: 10, example: '李雷', label: '姓名' }],
    signName: '示例银行',
    name: 'bill',
    gatewayAccountId: gateway['id'],
    gatewayCode: 'SMS_1',
  });
  const suppressed = await make('/v1/suppressions', {
    phone: '13900000009',
    kind: 'dnc',
    scope: 'sms',
    reason: 'asked',
  });
  const customer = randomUUIDv7();
  await house.pool.query(
    `insert into customer (id, external_id, phone, name, tier, attributes)
      values ($1, 'C-1', '+8613800138000', '王小明', 'gold', '{"城市":"上海"}')`,
    [customer],
  );
  const campaign = async (state: 'sending' | 'awaiting-liaison' | 'draft' | 'paused' | 'archived') => {
    const ledger = state === 'sending' || state === 'archived' ? times(3, { state: 'delivered' }) : null;
    const made = await makeCampaign(house.pool, { state, applicantId: everybody.id, unit: 'Test', ledger });
    if (state !== 'draft') {
      await formFor(house.pool, made, everybody.id);
      await house.pool.query('update form set canonical = $1 where campaign_id = $2', [JSON.stringify(aForm), made.id]);
    }
    return made;
  };
  const [sending, awaiting, draft] = [
    await campaign('sending'),
    await campaign('awaiting-liaison'),
    await campaign('draft'),
  ];
  const upload = await house.app.inject({
    method: 'POST',
    url: '/api/v1/imports?kind=customers&fileName=walk.csv',
    headers: { authorization: `Bearer ${as.key}`, 'content-type': 'text/csv' },
    payload: '手机号,姓名\n13800138001,李四\n138,坏\n',
  });
  const accountId = await makeVoiceAccount(house.pool);
  const made = await makeCallList(house.pool, accountId, { createdBy: everybody.id, unit: 'Test' });
  const { taskId } = await makeCallTask(house.pool, made.listId, { phone: '+8613800138009' });
  const wizard = await house.post('/drafts', { name: '草稿', purpose: '告知' }, { as });
  return {
    house,
    as,
    other,
    /** Whose token the webhook address holds. */
    token: async () =>
      (
        await house.pool.query<{ token: string }>(
          `select webhook_token as token from gateway_account where name = 'main'`,
        )
      ).rows[0]?.token ?? '',
    ids: {
      gateway: String(gateway['id']),
      audience: String(audience['id']),
      template: String(template['id']),
      suppression: (suppressed['suppression'] as { id: string }).id,
      customer,
      import: upload.json<{ id: string }>().id,
      script: made.scriptId,
      list: made.listId,
      task: taskId,
      account: accountId,
      draft: /\/drafts\/([0-9a-f-]{36})/.exec(wizard.location ?? '')?.[1] ?? '',
    },
    campaigns: { sending, awaiting, draft },
  };
}

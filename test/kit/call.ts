import { AsteriskSettings } from '../../src/voice/asterisk/settings.rule.ts';
import { randomUUIDv7 } from 'node:crypto';
import type { Pool } from 'pg';
import { defaultContactPolicy, everyDay } from '../../src/contact/policy.rule.ts';
import { calendarCn } from '../../src/kernel/calendar-cn.rule.ts';
import { storeCalendar } from '../../src/kernel/calendar.db.ts';
import { contactPurposes } from '../../src/kernel/reach.rule.ts';
import { storeSetting } from '../../src/kernel/setting.db.ts';
import { transaction } from '../../src/kernel/sql.db.ts';
import { buildScript1 } from '../../src/call/script/script-1.rule.ts';
import { findScript } from '../../src/call/script/script.db.ts';
import { insertForm } from '../../src/form/form.db.ts';
import { canonicalJson, sha256Hex } from '../../src/kernel/digest.rule.ts';
import { written } from '../unit/call/written-script.ts';

type Given = {
  mode?: 'preview' | 'progressive' | 'predictive';
  purpose?: string;
  unit?: string;
  content?: object;
  createdBy: string;
};

/** A voice account that nobody holds the line of. */
export async function makeVoiceAccount(pool: Pool): Promise<string> {
  const id = randomUUIDv7();
  await pool.query(
    `insert into voice_account (id, name, provider, settings, caller_numbers, lines, webhook_token)
     values ($1, $2, 'asterisk', $4, '{+862188880000}', 100, $3)`,
    [
      id,
      `pbx-${id}`,
      id,
      { ...AsteriskSettings.parse({ url: 'http://127.0.0.1:9', user: 'waihu' }), sealedPassword: '' },
    ],
  );
  return id;
}

/** A script whose form stands as if both had signed it. */
export async function makeSignedScript(
  pool: Pool,
  given: { purpose?: string; unit?: string; content?: object; createdBy: string },
): Promise<string> {
  const { purpose = 'callback', unit = '外呼组', content = written, createdBy } = given;
  const id = randomUUIDv7();
  await pool.query(
    `insert into script (id, family, version, number, name, unit, purpose, content, state, created_by, applicant_name, sign_by)
     values ($1, $1, 1, $2, '低分回访', $3, $4, $5, 'signed', $6, '王丽', now() + interval '7 days')`,
    [id, `S-${id.slice(-12)}`, unit, purpose, content, createdBy],
  );
  const script = await findScript(pool, id);
  if (!script) throw new Error('The script is not there.');
  const canonical = canonicalJson(buildScript1(script));
  const about = { id: randomUUIDv7(), subjectKind: 'script', subjectId: id, applicantId: createdBy, unit };
  await insertForm(
    pool,
    { ...about, canonical, digest: sha256Hex(canonical), expiresAt: script.signBy },
    script.createdAt,
  );
  await pool.query(`update form set state = 'signed' where subject_id = $1`, [id]);
  return id;
}

/** An open list with such a script. */
export async function makeCallList(
  pool: Pool,
  accountId: string,
  given: Given,
): Promise<{ listId: string; scriptId: string }> {
  const { mode = 'preview', purpose = 'callback', unit = '外呼组', createdBy } = given;
  const listId = randomUUIDv7();
  const scriptId = await makeSignedScript(pool, given);
  await pool.query(
    `insert into call_list (id, number, name, unit, kind, purpose, state, mode, script_id, account_id, caller_number, created_by, opened_at)
     values ($1, $2, '低分回访', $3, 'callback', $4, 'open', $5, $6, $7, '+862188880000', $8, now())`,
    [listId, `L-${listId.slice(-12)}`, unit, purpose, mode, scriptId, accountId, createdBy],
  );
  return { listId, scriptId };
}

/** A customer with one number and a task about them. */
export async function makeCallTask(
  pool: Pool,
  listId: string,
  given: { phone: string; name?: string; tier?: string; over?: Record<string, unknown> },
): Promise<{ taskId: string; customerId: string }> {
  const [taskId, customerId] = [randomUUIDv7(), randomUUIDv7()];
  const { phone, name = '顾女士', tier = 'gold', over = {} } = given;
  await pool.query('insert into customer (id, phone, name, tier) values ($1, $2, $3, $4)', [
    customerId,
    phone,
    name,
    tier,
  ]);
  const row: Record<string, unknown> = {
    id: taskId,
    list_id: listId,
    customer_id: customerId,
    kind: 'callback',
    reason: '低分回访',
    source_key: taskId,
    ...over,
  };
  const names = Object.keys(row);
  await pool.query(
    `insert into call_task (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(row),
  );
  return { taskId, customerId };
}

/** Calls may be made at any hour of any day: a test runs when it is run. */
export async function callRoundTheClock(pool: Pool): Promise<void> {
  await storeCalendar(pool, calendarCn, 'test');
  const always = everyDay('00:00', '24:00');
  const hours = Object.fromEntries(
    contactPurposes.map((purpose) => [purpose, { sms: null, call: always, web: always }]),
  );
  await transaction(pool, (tx) => storeSetting(tx, 'contact-policy', { ...defaultContactPolicy, hours }));
}

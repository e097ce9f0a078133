import { randomUUIDv7, generateKeyPairSync } from 'node:crypto';
import type { Pool } from 'pg';
import { storeCalendar } from '../src/kernel/calendar.db.ts';
import { findGatewayAccountByName } from '../src/sms/gateway-account.db.ts';
import { storePasswordHash } from '../src/house/session.db.ts';
import { transaction } from '../src/kernel/sql.db.ts';
import { calendarCn } from '../src/kernel/calendar-cn.rule.ts';
import { roles } from '../src/kernel/permission.rule.ts';
import { ensureSandboxAccount } from '../src/app/sandbox-account.ts';
import type { SignIn } from '../src/house/sign-in/sign-in.ts';
import { auditHash, auditRowDigest, genesisHash } from '../src/house/audit/chain.rule.ts';
import { sha256Hex } from '../src/kernel/digest.rule.ts';
import { seedDrafts } from './page-drafts.ts';
import { names } from './people.ts';
import { seedCampaigns, units, type Seed, type Signer, type Staff } from './page-campaigns.ts';

export const reader = { email: 'reader@example.test', password: 'measured-with-this-password' };
const topics = [
  ['points', '积分兑换'],
  ['wealth', '理财资讯'],
  ['branch', '网点活动'],
  ['card', '信用卡优惠'],
];

const dayMs = 86_400_000;
const say = (what: string): void => console.log(`  ${new Date().toISOString().slice(11, 19)} ${what}`);

/** Fills an empty, migrated database as a house of that size has it after two years. Repeatable but for ids and keys. */
export async function seedPages(
  pool: Pool,
  { people, auditRows, signIn, folder }: { people: number; auditRows: number; signIn: SignIn; folder: string },
): Promise<void> {
  await transaction(pool, (tx) => storeCalendar(tx, calendarCn, 'bench'));
  // Nobody listens there: no page that is measured asks the gateway.
  await ensureSandboxAccount(pool, folder, 'http://127.0.0.1:9');
  const account = await findGatewayAccountByName(pool, 'sandbox');
  if (!account) throw new Error('The gateway account has not been made.');
  const staff = await seedStaff(pool, signIn);
  const seed: Seed = { pool, people, staff, accountId: account.id, audit: [], now: Date.now() };
  say('customers');
  await seedCustomers(seed);
  say('suppressions, imports, audiences, templates');
  await seedSuppressions(seed);
  await seedLists(seed);
  say('campaigns and ledgers');
  await seedDrafts(seed, await seedCampaigns(seed, say));
  say('audit');
  await seedAudit(seed, auditRows);
  say('vacuum analyze');
  await pool.query('vacuum analyze');
  say('seeded');
}

async function hire(pool: Pool, name: string, email: string, unit: string, held: readonly string[]): Promise<string> {
  const id = randomUUIDv7();
  await pool.query('insert into staff (id, name, email, unit) values ($1, $2, $3, $4)', [id, name, email, unit]);
  await pool.query('insert into staff_role (staff_id, role) select $1, unnest($2::text[])', [id, held]);
  return id;
}

/** Somebody with every role: every page, every menu entry, every count beside one. */
export async function hireReader(pool: Pool, signIn: SignIn): Promise<string> {
  const id = await hire(pool, '测试员', reader.email, units[0] ?? '', roles);
  const hash = await signIn.hashPassword(reader.password);
  await transaction(pool, (tx) => storePasswordHash(tx, id, hash));
  return id;
}

async function seedStaff(pool: Pool, signIn: SignIn): Promise<Staff> {
  const me = await hireReader(pool, signIn);
  const others: string[] = [];
  for (let i = 0; i < 60; i += 1)
    others.push(
      await hire(pool, names[i * 6 + 1] ?? '', `staff${i}@example.test`, units[i % units.length] ?? '', [
        roles[i % roles.length] ?? 'agent',
      ]),
    );
  const signer = async (name: string, role: string): Promise<Signer> => {
    const id = await hire(pool, name, `${role}@example.test`, '合规部', [role]);
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const credentialId = randomUUIDv7();
    await pool.query(
      `insert into credential (id, staff_id, kind, label, public_key, fingerprint, state, requested_at, decided_at, decided_by)
       values ($1, $2, 'ed25519', 'bench', $3, $4, 'active', now() - interval '800 days', now() - interval '800 days', $5)`,
      [credentialId, id, raw, sha256Hex(raw), me],
    );
    return { id, name, credentialId, key: privateKey };
  };
  return {
    reader: me,
    others,
    liaison: await signer('联络员甲', 'liaison'),
    leader: await signer('负责人乙', 'leader'),
  };
}

async function seedCustomers({ pool, people }: Seed): Promise<void> {
  await pool.query('insert into topic (code, name) select * from unnest($1::text[], $2::text[])', [
    topics.map(([code]) => code),
    topics.map(([, name]) => name),
  ]);
  // In slices, so that nothing runs for minutes in one transaction. What is divided differently is not correlated.
  for (let from = 1; from <= people; from += 100_000) {
    await pool.query(
      `insert into customer (id, external_id, phone, name, tier, attributes, created_at, updated_at)
       select uuidv7(), 'C' || lpad(i::text, 9, '0'), '+86138' || lpad(i::text, 8, '0'), ($3::text[])[i % 400 + 1],
         case when i / 7 % 100 = 0 then 'diamond' when i / 7 % 100 < 6 then 'gold' when i / 7 % 100 < 26 then 'silver' when i / 7 % 100 < 80 then 'bronze' end,
         jsonb_build_object('city', (array['杭州','宁波','温州','嘉兴','绍兴'])[i / 11 % 5 + 1], 'points', i % 20000, 'branch', 'B' || (i / 13 % 300)),
         now() - make_interval(secs => ($4::int - i) * 60.0), now() - make_interval(secs => ($4::int - i) * 20.0)
       from generate_series($1::int, least($2::int, $4::int)) i`,
      [from, from + 99_999, names, people],
    );
  }
  await pool.query(`analyze customer`);
  await pool.query(
    `insert into consent (customer_id, purpose, granted, source, changed_at)
     select id, 'marketing', number % 10 < 6, case when number % 3 = 0 then 'counter' else 'import:' || uuidv7() end, created_at
     from (select *, right(phone, 8)::int as number from customer) c where number % 10 < 7`,
  );
  await pool.query(
    `insert into topic_subscription (customer_id, topic, subscribed, source, changed_at)
     select id, t.code, number % 7 <> 0, 'import:' || uuidv7(), created_at
     from (select *, right(phone, 8)::int as number from customer) c
     cross join (select code, (row_number() over (order by code))::int as n from topic) t where (number / 3 + t.n) % 4 = 0`,
  );
}

async function seedSuppressions({ pool, people, staff }: Seed): Promise<void> {
  const every = Math.max(1, Math.floor(people / 50_000));
  await pool.query(
    `insert into suppression (id, phone, kind, channels, purposes, source, reason, created_at, created_by, lifted_at, lifted_by, lift_reason)
     select uuidv7(), '+86138' || lpad((n * $1::int - n % 17)::text, 8, '0'), (array['opt-out','opt-out','opt-out','dnc','dead-number','complaint','gateway-blacklist'])[n % 7 + 1],
       case when n % 3 = 2 then array['sms'] else array['sms','call','web'] end,
       case when n % 3 = 0 then array['marketing','survey'] else array['marketing','service','repayment','survey','callback','care'] end,
       (array['reply','staff','receipt','list:' || uuidv7()])[n % 4 + 1], case when n % 4 = 1 then '客户来电要求' end,
       now() - make_interval(secs => ($2::int - n) * 1200.0), case when n % 4 = 1 then $3::uuid end,
       case when n % 10 = 0 then now() end, case when n % 10 = 0 then $3::uuid end, case when n % 10 = 0 then '客户要求恢复' end
     from generate_series(1, $2::int) n`,
    [every, Math.floor(people / every), staff.others[0]],
  );
}

async function seedLists({ pool, people, staff, accountId }: Seed): Promise<void> {
  await pool.query(
    `insert into import (id, kind, file_name, state, encoding, columns, total_rows, good_rows, bad_rows, new_rows, changed_rows, same_rows, created_by, created_at, finished_at)
     select uuidv7(), case when n % 3 = 0 then 'audience' else 'customers' end, '客户名单-' || n || '.csv', (array['accepted','accepted','checked','discarded','accepted'])[n % 5 + 1], 'utf-8',
       '[{"header":"手机号","field":"phone"},{"header":"姓名","field":"name"}]', 50000, 49900, 100, 20000, 9900, 20000, $1, now() - make_interval(hours => 500 - n), now()
     from generate_series(1, 500) n`,
    [staff.others[1]],
  );
  await pool.query(
    `insert into import_error (import_id, line, column_name, masked_value, reason)
     select i.id, l, '手机号', '138****' || l, 'phone.not-mobile' from import i cross join generate_series(1, 100) l`,
  );
  const variables = [
    { name: 'name', type: 'name', maxLength: 10, example: '王女士', label: '称呼' },
    { name: 'date', type: 'text', maxLength: 10, example: '10月7日', label: '截止日期' },
  ];
  await pool.query(
    `insert into template (id, name, version, kind, source, variables, sign_name, gateway_account_id, gateway_code, created_by, created_at)
     select uuidv7(), '权益通知 ' || lpad(n::text, 3, '0'), v, (array['notice','marketing'])[n % 2 + 1],
       '{{name}}您好，您的第' || v || '期权益已到账，请于{{date}}前领取。' || case when n % 2 = 1 then '拒收请回复R' else '' end,
       $1::jsonb, '云汀金融', $2, 'SMS_' || (n * 10 + v), $3, now() - make_interval(days => 200 - n - v)
     from generate_series(1, 50) n cross join generate_series(1, 2) v`,
    [JSON.stringify(variables), accountId, staff.others[2]],
  );
  const filters = [{ tiers: ['gold', 'diamond'] }, { topic: 'points' }, { attributes: { city: { eq: '杭州' } } }, {}];
  await pool.query(
    `insert into audience (id, name, state, filter, size, created_by, created_at)
     select uuidv7(), '名单 ' || lpad(n::text, 3, '0'), 'open', case when n % 3 > 0 then ($1::jsonb[])[n % 4 + 1] end, case when n % 3 = 0 then 2000 end, $2, now() - make_interval(days => 300 - n)
     from generate_series(1, 300) n`,
    [filters.map((filter) => JSON.stringify(filter)), staff.others[3]],
  );
  await pool.query(
    `insert into audience_member (audience_id, seq, customer_id, phone, variables)
     select a.id, i, null, '+86138' || lpad((($1::int / 2 + i))::text, 8, '0'), jsonb_build_object('name', ($2::text[])[i % 400 + 1], 'date', '10月7日')
     from audience a cross join generate_series(1, 2000) i where a.filter is null`,
    [people, names],
  );
}

const actions = [
  'consent.granted',
  'consent.withdrawn',
  'topic.subscribed',
  'customer.changed',
  'customer.reveal',
] as const;
const others = [
  'session.created',
  'session.ended',
  'suppression.added',
  'suppression.lifted',
  'import.accepted',
  'draft.edit',
] as const;

/** The campaigns' own rows among two years of daily acts, in order of time, every hash as the product computes it. */
async function seedAudit(seed: Seed, count: number): Promise<void> {
  const { pool, staff } = seed;
  const sample = await pool.query<{ id: string }>(`select id from customer tablesample system (2) limit 5000`);
  const customers = sample.rows.map(({ id }) => id);
  const entries = [...seed.audit];
  for (let i = entries.length; i < count; i += 1) {
    const actor = `staff:${staff.others[i % staff.others.length] ?? ''}`;
    const at = new Date(seed.now - ((count - i) / count) * 730 * dayMs).toISOString();
    const ofCustomer = i % 3 > 0;
    const action = ofCustomer ? actions[i % actions.length] : others[i % others.length];
    entries.push({
      at,
      actor: i % 11 === 0 ? 'system' : actor,
      action: action ?? 'customer.changed',
      objectKind: ofCustomer ? 'customer' : (action?.split('.')[0] ?? 'session'),
      objectId: ofCustomer ? (customers[i % customers.length] ?? '') : randomUUIDv7(),
      details: ofCustomer ? { purpose: 'marketing', source: 'phone-call', changed: true } : {},
    });
  }
  entries.sort((a, b) => (a.at < b.at ? -1 : 1));
  // The rows that the commands above have written are of today; two years come first.
  await pool.query('truncate audit');
  let seq = 0;
  let previous = genesisHash;
  for (let from = 0; from < entries.length; from += 10_000) {
    const rows = entries.slice(from, from + 10_000).map((entry) => {
      seq += 1;
      const previousHash = previous;
      previous = auditHash(seq, previousHash, auditRowDigest(entry, seq));
      return { entry, seq, previousHash, hash: previous };
    });
    await pool.query(
      `insert into audit (seq, at, actor, action, object_kind, object_id, details, previous_hash, hash)
       select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::text[])`,
      [
        rows.map((row) => row.seq),
        rows.map(({ entry }) => entry.at),
        rows.map(({ entry }) => entry.actor),
        rows.map(({ entry }) => entry.action),
        rows.map(({ entry }) => entry.objectKind),
        rows.map(({ entry }) => entry.objectId),
        rows.map((row) => JSON.stringify(row.entry.details)),
        rows.map((row) => row.previousHash),
        rows.map((row) => row.hash),
      ],
    );
  }
}

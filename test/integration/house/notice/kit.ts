import { randomUUIDv7 } from 'node:crypto';
import { afterAll } from 'vitest';
import type { Pool } from 'pg';
import { createSandbox } from '../../../../sandbox/server.ts';
import { storeCalendar } from '../../../../src/kernel/calendar.db.ts';
import { insertChannel, storeHouseQuiet } from '../../../../src/house/notice/channel.db.ts';
import { insertNotices, type NewNotice } from '../../../../src/house/notice/notice.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../../src/kernel/calendar-cn.rule.ts';
import type { ChannelKind } from '../../../../src/house/notice/channel.rule.ts';
import type { NoticeKind } from '../../../../src/house/notice/notice.rule.ts';
import { gatewayOfAccount } from '../../../../src/sms/gateway-of-account.ts';
import { createChannelKit } from '../../../../src/house/notice/kit.ts';
import { createPost } from '../../../../src/house/notice/post.ts';
import { anyLocalPort } from '../../../kit/endpoints.ts';
import { makeStaff } from '../../../kit/people.ts';
import { newKey } from '../../../kit/installation-key.ts';

export const publicUrl = 'https://waihu.example.com';
type Arrived = { server: string; key: string; text: string; headers: Record<string, string> };

/** A database, the sandbox's servers, a kit whose channels reach them, and a clock that the test moves. */
export async function openNoticeHouse(pool: Pool) {
  let clock = Date.now();
  const sandbox = createSandbox({ mailPort: 0, now: () => clock });
  const port = await sandbox.listen(0);
  const base = `http://127.0.0.1:${port}`;
  const admin = async (method: string, place: string, body?: unknown) =>
    (
      await fetch(`${base}/sandbox/notices${place}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    ).json();
  const { mailPort } = (await admin('GET', '')) as { mailPort: number };
  const { pem } = (await admin('GET', '/certificate')) as { pem: string };
  const allowed = [`127.0.0.1:${port}`, `localhost:${mailPort}`];
  const kit = createChannelKit({
    pool,
    key: newKey(),
    publicUrl,
    allowed,
    gatewayOf: gatewayOfAccount(anyLocalPort),
    post: createPost({ allowed: new Set(allowed), timeoutMs: 1_500 }),
  });
  await storeCalendar(pool, calendarCn, 'test');
  await transaction(pool, (tx) => storeHouseQuiet(tx, { from: '00:00', to: '00:00', restDays: false }, new Date()));
  afterAll(() => sandbox.close());

  const deps = {
    pool,
    kit,
    now: () => new Date(clock),
  };
  const addresses: Record<Exclude<ChannelKind, 'sms' | 'email'>, unknown> = {
    wecom: { url: `${base}/cgi-bin/webhook/send?key=sandbox-robot` },
    dingtalk: { url: `${base}/robot/send?access_token=sandbox-robot`, secret: 'SECsandbox-secret' },
    feishu: { url: `${base}/open-apis/bot/v2/hook/sandbox-robot`, secret: 'SECsandbox-secret' },
    webhook: { url: `${base}/house/hooks/house`, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  };
  const mail = {
    host: 'localhost',
    port: mailPort,
    security: 'starttls',
    user: 'sandbox',
    from: 'waihu@corp.example',
    ca: pem,
  };

  async function addChannel(
    kind: ChannelKind,
    kinds: readonly NoticeKind[] = [],
    change: { secret?: unknown; settings?: object } = {},
  ) {
    const id = randomUUIDv7();
    const own = kind === 'sms' ? {} : kind === 'email' ? { password: 'sandbox-mail-password' } : addresses[kind];
    const secret = change.secret ?? own;
    const settings = { ...(kind === 'email' ? mail : {}), ...change.settings };
    await transaction(pool, (tx) =>
      insertChannel(tx, {
        id,
        kind,
        name: `${kind} ${id}`,
        settings,
        secret: new Uint8Array(kit.seal.seal(secret, id)),
        kinds: [...kinds],
        enabled: true,
        createdAt: new Date(clock),
      }),
    );
    return id;
  }
  /** A key that waits for approval: a matter that stays open until the test says otherwise. */
  async function addKey(): Promise<string> {
    const owner = await makeStaff(pool, []);
    const id = randomUUIDv7();
    await pool.query(
      `insert into credential (id, staff_id, kind, label, public_key, fingerprint) values ($1, $2, 'ed25519', 'k', '\\x00', $3)`,
      [id, owner.id, id],
    );
    return id;
  }
  return {
    pool,
    kit,
    deps,
    base,
    mail,
    addresses,
    addChannel,
    addKey,
    /** Written as an event would. */
    tell: (notices: readonly Pick<NewNotice, 'staffId' | 'kind' | 'item' | 'step'>[]) =>
      insertNotices(pool, notices, new Date(clock)),
    arrived: async (): Promise<Arrived[]> => ((await admin('GET', '')) as { arrived: Arrived[] }).arrived,
    faults: (server: string, mode: string, times = 1) => admin('PUT', '/faults', [{ server, mode, times }]),
    forget: () => admin('DELETE', ''),
    later: (ms: number) => void (clock += ms),
    now: () => new Date(clock),
    deliveries: async (channelId: string) =>
      (
        await pool.query<{
          state: string;
          reason: string | null;
          attempts: number;
          repeated: boolean;
          address: string;
        }>(
          'select state, reason, attempts, repeated, address from notice_delivery where channel_id = $1 order by created_at, id',
          [channelId],
        )
      ).rows,
    only: (channelId: string) => pool.query('update notice_channel set enabled = id = $1', [channelId]),
  };
}

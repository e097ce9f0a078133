import { randomUUIDv7, sign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchProcesses } from '../../../src/campaign/process-watch.command.ts';
import type { SignedText } from '../../../src/form/form.rule.ts';
import { formSubject } from '../../../src/form/form-subject.ts';
import { makeForm } from '../../../src/form/make-form.command.ts';
import { signForm } from '../../../src/form/sign.command.ts';
import { offerSubject } from '../../../src/form/subject.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import type { Person } from '../../kit/campaign.ts';
import { cli } from '../../unit/kit/cli/kit.ts';
import type { Signing } from './signing-kit.ts';

/** A content that the house does not have: what is sent again and again. Its room would be a few files; here it is a table of the test's own. */
export type Standing = SignedText & { format: 'standing/1'; lines: readonly string[] };

export type Requested = { kind: string; id: string; number: string; digest: string };

export const signAs = (person: Person, role: 'liaison' | 'leader', { kind, id, digest }: Requested) => {
  const signature = sign(null, signingMessage(role, digest), person.key).toString('base64url');
  const evidence = { kind: 'ed25519' as const, signature };
  return signForm(person.ctx, { kind, id }, { role, credentialId: person.credentialId, digest, evidence });
};

/** Offers standing texts in that house, and hands some in. */
export async function openStanding(house: Signing) {
  await house.pool.query('create table standing_text (id uuid primary key, text jsonb not null, told text)');
  offerSubject(
    formSubject({
      kind: 'standing',
      formNow: async (db, id) =>
        (await db.query<{ text: Standing }>('select text from standing_text where id = $1', [id])).rows[0]?.text ??
        null,
      hrefOf: (number) => `/standing/${number}`,
      told: async (tx, id, to) => void (await tx.query('update standing_text set told = $2 where id = $1', [id, to])),
    }),
  );
  let made = 0;
  /** Hands one in: its form, its process. */
  async function request(signInSeconds = 86_400): Promise<Requested> {
    made += 1;
    const { applicant } = house.people;
    const about = { kind: 'standing', id: randomUUIDv7() } as const;
    const text: Standing = {
      format: 'standing/1',
      number: `ST-20261128-000${made}`,
      name: '还款提醒文本',
      unit: '外呼组',
      applicant: { id: applicant.id, name: applicant.ctx.staff.name },
      lines: ['您好，这里是云汀金融。', '请问现在方便接听吗？'],
      signBy: new Date(Date.now() + signInSeconds * 1_000).toISOString(),
    };
    const digest = await transaction(house.pool, async (tx) => {
      await tx.query('insert into standing_text (id, text) values ($1, $2)', [about.id, text]);
      return makeForm(tx, house.seals, { about, text, unit: text.unit, by: applicant.id }, new Date());
    });
    await house.processes.startSignOff(about);
    return { ...about, number: text.number, digest };
  }

  const storedOf = async (id: string) =>
    (
      await house.pool.query<{ state: string; told: string | null; archived: boolean }>(
        `select f.state, s.told, exists (select from form_archive a where a.form_id = f.id) as archived
       from form f join standing_text s on s.id = f.subject_id where f.subject_id = $1`,
        [id],
      )
    ).rows[0];
  const noticesAbout = async (id: string) =>
    (
      await house.pool.query<{ kind: string }>(
        `select distinct n.kind from notice n join form f on f.id = n.item_id where n.item_kind = 'form' and f.subject_id = $1 order by 1`,
        [id],
      )
    ).rows.map(({ kind }) => kind);
  const actsOf = async (id: string) =>
    (
      await house.pool.query<{ action: string }>(`select action from audit where object_id = $1 order by seq`, [id])
    ).rows.map(({ action }) => action);

  return { request, storedOf, noticesAbout, actsOf };
}

export const folder = mkdtempSync(join(tmpdir(), 'waihu-forms-'));
export function keyFileOf({ id, key }: Person): string {
  writeFileSync(join(folder, `${id}.pem`), key.export({ format: 'pem', type: 'pkcs8' }));
  return `${id}.pem`;
}

/** `waihu …` as that person, over HTTP. */
export async function waihu(house: Signing, as: Person, ...args: string[]) {
  const env = { WAIHU_URL: house.publicUrl, WAIHU_API_KEY: await house.keyOf(as) };
  const { exit, stdout, stderr } = await cli(args, env, folder);
  const data = stdout.startsWith('{') ? (JSON.parse(stdout) as Record<string, unknown>) : {};
  return { exit, data, stdout, stderr };
}

/** The processes of these forms, and a look of the watch. */
export function watched(house: Signing) {
  const processOf = (id: string) => house.client.workflow.getHandle(`sign-off:standing:${id}`);
  const runOf = async (id: string): Promise<string> => (await processOf(id).describe()).runId;
  const stateOf = async (id: string): Promise<string> => (await processOf(id).describe()).status.name;
  const restartsOf = async (id: string) =>
    (
      await house.pool.query<{ actor: string; details: unknown }>(
        `select actor, details from audit where object_id = $1 and action = 'standing.process-restart' order by seq`,
        [id],
      )
    ).rows;
  /** As if it had been handed in a minute ago; who does so now may still be starting its process. */
  const age = (id: string) =>
    house.pool.query(
      `update form set created_at = now() - interval '1 minute', process_lost_at = null where subject_id = $1`,
      [id],
    );
  const look = () => {
    const { pool, client, taskQueue } = house;
    return watchProcesses({ pool, client, taskQueue, log: { warn: () => undefined, error: () => undefined } });
  };
  return { processOf, runOf, stateOf, restartsOf, age, look };
}

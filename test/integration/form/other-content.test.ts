import { randomUUIDv7, sign } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { createScript, nextVersion, submitScript, withdrawScript } from '../../../src/call/script/script.command.ts';
import { buildScript } from '../../../src/call/script/script-1.rule.ts';
import { findScript, findSignedScript } from '../../../src/call/script/script.db.ts';
import { scriptSubject } from '../../../src/call/script/subject.ts';
import { watchProcesses } from '../../../src/campaign/process-watch.command.ts';
import { verifyArchive } from '../../../src/form/archive/verify.rule.ts';
import type { SignedText } from '../../../src/form/form.rule.ts';
import { formSubject } from '../../../src/form/form-subject.ts';
import { makeForm } from '../../../src/form/make-form.command.ts';
import { rejectForm, signForm, withdrawForm } from '../../../src/form/sign.command.ts';
import { signOffCentre, showSignOff } from '../../../src/form/sign-off.command.ts';
import { stopSignedWith } from '../../../src/form/signed-with.command.ts';
import { offerSubject } from '../../../src/form/subject.ts';
import { revokeCredential } from '../../../src/house/credential.command.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { canonicalJson } from '../../../src/kernel/digest.rule.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import type { Person } from '../../kit/campaign.ts';
import { written } from '../../unit/call/written-script.ts';
import { faultsOfPage } from '../kit/page/kit.ts';
import { openSigning, type Signing } from './signing-kit.ts';

/** A content that the house does not have: what a caller hears. Its room would be a few files; here it is a table of the test's own. */
type Script = SignedText & { format: 'prompt/1'; lines: readonly string[] };

let house: Signing;
beforeAll(async () => {
  house = await openSigning();
  await house.pool.query('create table told_prompt (id uuid primary key, text jsonb not null, told text)');
  offerSubject(
    formSubject({
      kind: 'prompt',
      formNow: async (db, id) =>
        (await db.query<{ text: Script }>('select text from told_prompt where id = $1', [id])).rows[0]?.text ?? null,
      hrefOf: (number) => `/prompts/${number}`,
      told: async (tx, id, to) => void (await tx.query('update told_prompt set told = $2 where id = $1', [id, to])),
    }),
  );
});

let made = 0;
/** Hands a script in: its form, its process. */
async function request(
  signInSeconds = 86_400,
): Promise<{ kind: 'prompt'; id: string; number: string; digest: string }> {
  made += 1;
  const { applicant } = house.people;
  const about = { kind: 'prompt', id: randomUUIDv7() } as const;
  const text: Script = {
    format: 'prompt/1',
    number: `SC-20261128-000${made}`,
    name: '催收话术',
    unit: '外呼组',
    applicant: { id: applicant.id, name: applicant.ctx.staff.name },
    lines: ['您好，这里是云汀金融。', '请问现在方便接听吗？'],
    signBy: new Date(Date.now() + signInSeconds * 1_000).toISOString(),
  };
  const digest = await transaction(house.pool, async (tx) => {
    await tx.query('insert into told_prompt (id, text) values ($1, $2)', [about.id, text]);
    return makeForm(tx, house.seals, { about, text, unit: text.unit, by: applicant.id }, new Date());
  });
  await house.processes.startSignOff(about);
  return { ...about, number: text.number, digest };
}

const signAs = (
  person: Person,
  role: 'liaison' | 'leader',
  { kind, id, digest }: { kind: string; id: string; digest: string },
) => {
  const signature = sign(null, signingMessage(role, digest), person.key).toString('base64url');
  const evidence = { kind: 'ed25519' as const, signature };
  return signForm(person.ctx, { kind, id }, { role, credentialId: person.credentialId, digest, evidence });
};
const storedOf = async (id: string) =>
  (
    await house.pool.query<{ state: string; told: string | null; archived: boolean }>(
      `select f.state, s.told, exists (select from form_archive a where a.form_id = f.id) as archived
       from form f join told_prompt s on s.id = f.subject_id where f.subject_id = $1`,
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

test('a script is signed by the same commands and page as a campaign, archived, and its archive verifies', async () => {
  const script = await request();
  const { liaison, leader, applicant } = house.people;
  const mine = await signOffCentre(liaison.ctx);
  expect(mine.mine.map(({ number }) => number)).toContain(script.number);
  for (const language of ['zh-CN', 'en'] as const) {
    for (const path of ['/sign-off', `/sign-off/${script.number}`, '/archive', '/notices']) {
      const { status, html } = await house.get(liaison, path, language);
      expect([path, status, ...faultsOfPage(html)]).toEqual([path, 200]);
    }
  }
  const { html } = await house.get(liaison, `/sign-off/${script.id}`);
  expect(html).toBe('');
  const page = await house.get(liaison, `/sign-off/${script.number}`);
  expect(page.html).toContain('请问现在方便接听吗？');
  expect(page.html).toContain(`href="/prompts/${script.number}"`);
  await expect(signAs(leader, 'leader', script)).rejects.toMatchObject({ code: 'signature.wrong-order' });
  await signAs(liaison, 'liaison', script);
  expect(await storedOf(script.id)).toMatchObject({ state: 'awaiting-leader', told: 'awaiting-leader' });
  await expect(signAs(house.people.both, 'liaison', script)).rejects.toMatchObject({ code: 'signature.wrong-order' });
  await expect(signAs(applicant, 'leader', script)).rejects.toMatchObject({ code: 'permission.denied' });
  await signAs(leader, 'leader', script);
  await expect
    .poll(() => storedOf(script.id), { timeout: 20_000 })
    .toEqual({
      state: 'signed',
      told: 'signed',
      archived: true,
    });
  expect(await actsOf(script.id)).toEqual([
    'prompt.form',
    'prompt.sign-refused',
    'prompt.sign',
    'prompt.sign-refused',
    'prompt.sign',
  ]);
  expect(await noticesAbout(script.id)).toEqual(['archive-made', 'form-signed', 'sign-awaited']);
  expect((await house.get(leader, `/sign-off/${script.number}`)).html).toContain('两人均已签字');
  expect((await house.get(leader, `/archive?number=${script.number}`)).html).toContain(script.number);

  const list = await house.get(house.people.operator, `/archive?number=${script.number}`);
  expect(list.html).toContain(`action="/archive/${script.number}/form.json"`);
  const { status, bytes: body } = await house.post(house.people.operator, `/archive/${script.number}/form.json`);
  expect(status).toBe(200);
  const trusted = { sealFingerprints: [house.seals.key.fingerprint] };
  const verdict = await verifyArchive(body, trusted);
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, anchored: true, facts: { number: script.number, outcome: 'signed' } });
  expect(verdict.facts?.signedBy.map(({ role, name }) => [role, name])).toEqual([
    ['liaison', 'liaison'],
    ['leader', 'leader'],
  ]);
  const changed = JSON.parse(body.toString()) as { form: { body: Script } };
  changed.form.body.lines = ['请立即还款。'];
  const forged = await verifyArchive(Buffer.from(`${canonicalJson(changed)}\n`), trusted);
  expect(forged.checks.filter(({ ok }) => !ok).map(({ code }) => code)).toEqual(['archive.digest', 'form.digest']);
});

test('what was changed after the request is not signed, and the page says where', async () => {
  const script = await request();
  await house.pool.query(`update told_prompt set text = jsonb_set(text, '{lines,0}', '"喂？"') where id = $1`, [
    script.id,
  ]);
  await expect(signAs(house.people.liaison, 'liaison', script)).rejects.toMatchObject({ code: 'form.changed' });
  const { act } = await showSignOff(house.people.liaison.ctx, script.number);
  expect(act).toEqual({ kind: 'changed', changed: ['lines.0'] });
});

test('it is sent back by the page, taken back, and expires; nobody signs it then', async () => {
  const returned = await request();
  const { liaison, applicant } = house.people;
  const answer = await house.post(liaison, `/sign-off/${returned.number}/reject`, { reason: '语气不妥' });
  expect(answer.location).toBe(`/sign-off/${returned.number}`);
  expect(await storedOf(returned.id)).toMatchObject({ state: 'rejected', told: 'rejected', archived: false });
  expect(await noticesAbout(returned.id)).toEqual(['form-rejected', 'sign-awaited']);
  expect((await house.get(applicant, `/sign-off/${returned.number}`)).html).toContain('语气不妥');
  expect((await signOffCentre(liaison.ctx)).recent.map(({ number, state }) => [number, state])).toContainEqual([
    returned.number,
    'rejected',
  ]);
  await expect(signAs(liaison, 'liaison', returned)).rejects.toMatchObject({ code: 'form.not-awaiting-signature' });
  await expect(rejectForm(liaison.ctx, returned, { reason: 'again' })).rejects.toMatchObject({
    code: 'form.not-yours-to-reject',
  });

  const withdrawn = await request();
  await expect(withdrawForm(liaison.ctx, withdrawn, { reason: 'x' })).rejects.toMatchObject({
    code: 'permission.denied',
  });
  await withdrawForm(applicant.ctx, withdrawn, { reason: '另写一版' });
  expect(await storedOf(withdrawn.id)).toMatchObject({ state: 'withdrawn', told: 'withdrawn' });

  const late = await request(2);
  await expect.poll(() => storedOf(late.id), { timeout: 20_000 }).toMatchObject({ state: 'expired', told: 'expired' });
  expect(await actsOf(late.id)).toEqual(['prompt.form', 'prompt.expire']);
  expect(await noticesAbout(late.id)).toEqual(['form-expired', 'sign-awaited']);
});

const processOf = (id: string) => house.client.workflow.getHandle(`sign-off:prompt:${id}`);
const runOf = async (id: string): Promise<string> => (await processOf(id).describe()).runId;
const stateOf = async (id: string): Promise<string> => (await processOf(id).describe()).status.name;
const restartsOf = async (id: string) =>
  (
    await house.pool.query<{ actor: string; details: unknown }>(
      `select actor, details from audit where object_id = $1 and action = 'prompt.process-restart' order by seq`,
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

test('a process that is lost while nobody signs is found by the watch: the form expires, or is signed and archived', async () => {
  const late = await request(6);
  await processOf(late.id).terminate('lost');
  await look();
  expect(await restartsOf(late.id)).toEqual([]);
  await age(late.id);
  await look();
  expect(await restartsOf(late.id)).toEqual([
    { actor: 'system', details: { lost: 'terminated', state: 'awaiting-liaison' } },
  ]);
  await expect.poll(() => storedOf(late.id), { timeout: 20_000 }).toMatchObject({ state: 'expired', told: 'expired' });

  const script = await request();
  await age(script.id);
  const run = await runOf(script.id);
  await look();
  expect([await runOf(script.id), await restartsOf(script.id)]).toEqual([run, []]);
  await signAs(house.people.liaison, 'liaison', script);
  await processOf(script.id).terminate('lost');
  await look();
  expect(await stateOf(script.id)).toBe('RUNNING');
  await signAs(house.people.leader, 'leader', script);
  const isArchived = () => storedOf(script.id);
  await expect.poll(isArchived, { timeout: 20_000 }).toMatchObject({ state: 'signed', archived: true });
  await processOf(script.id).result();
  await look();
  expect(await restartsOf(script.id)).toHaveLength(1);
  // As if all had been lost between the second signature and the archive.
  await house.pool.query('delete from form_archive where form_id = (select id from form where subject_id = $1)', [
    script.id,
  ]);
  await age(script.id);
  await look();
  await expect.poll(isArchived, { timeout: 20_000 }).toMatchObject({ state: 'signed', archived: true });
  expect((await restartsOf(script.id)).map(({ details }) => details)).toEqual([
    { lost: 'terminated', state: 'awaiting-leader' },
    { lost: 'completed', state: 'signed' },
  ]);
});

test('a lost process begins again with the next signature, and a stolen key makes what it signed void', async () => {
  const script = await request();
  const liaison = await house.hire('联络员', ['liaison']);
  await house.client.workflow.getHandle(`sign-off:prompt:${script.id}`).terminate('lost');
  await signAs(liaison, 'liaison', script);
  await signAs(house.people.leader, 'leader', script);
  expect(await storedOf(script.id)).toMatchObject({ state: 'signed' });
  await revokeCredential(liaison.ctx, { credentialId: liaison.credentialId });
  const { stopped } = await stopSignedWith(liaison.ctx, { credentialId: liaison.credentialId, how: 'pause' });
  expect(stopped).toMatchObject([{ kind: 'prompt', id: script.id, state: 'signed' }]);
  expect(await storedOf(script.id)).toMatchObject({ state: 'voided', told: 'voided' });
});

async function handedIn(): Promise<{ kind: 'script'; id: string; number: string; digest: string }> {
  const { applicant } = house.people;
  const { id, number } = await createScript(applicant.ctx, { name: '投诉回访', purpose: 'callback', content: written });
  const { digest } = await submitScript(applicant.ctx, { scriptId: id });
  return { kind: 'script', id, number, digest };
}

test('a call script is written, signed by two, read word for word on the paper, and follows its form wherever that goes', async () => {
  const { applicant, liaison, leader, operator } = house.people;
  const script = await handedIn();
  expect(script.number).toMatch(/^SC-\d{8}-\d{4}$/);
  for (const language of ['zh-CN', 'en'] as const) {
    const { status, html } = await house.get(liaison, `/sign-off/${script.number}`, language);
    expect([status, ...faultsOfPage(html)]).toEqual([200]);
    for (const text of [written.opening, written.reason, written.closing, ...written.branches.map((each) => each.text)])
      expect(html).toContain(text);
  }
  await expect(submitScript(applicant.ctx, { scriptId: script.id })).rejects.toMatchObject({
    code: 'script.not-draft',
  });
  await expect(nextVersion(applicant.ctx, { scriptId: script.id })).rejects.toMatchObject({
    code: 'script.next-version-later',
  });
  expect(await findSignedScript(house.pool, script.id)).toBeNull();
  await signAs(liaison, 'liaison', script);
  await signAs(leader, 'leader', script);
  const signed = await findSignedScript(house.pool, script.id);
  expect(signed).toMatchObject({ state: 'signed', version: 1, content: { opening: written.opening } });

  const next = await nextVersion(operator.ctx, { scriptId: script.number });
  expect(next).toMatchObject({ number: `${script.number}-2`, version: 2 });
  expect(await findScript(house.pool, next.id)).toMatchObject({ state: 'draft', applicantId: operator.id });
  await expect(withdrawScript(operator.ctx, { scriptId: script.id, reason: '换新版' })).rejects.toMatchObject({
    code: 'script.not-yours',
  });
  await withdrawScript(applicant.ctx, { scriptId: script.id, reason: '换新版' });
  expect(await findScript(house.pool, script.id)).toMatchObject({ state: 'withdrawn' });
  expect(await findSignedScript(house.pool, script.id)).toBeNull();
});

test('a call script that is changed behind its form takes no signature, and a draft has no form', async () => {
  const script = await handedIn();
  await house.pool.query(`update script set content = jsonb_set(content, '{closing}', '"再见。"') where id = $1`, [
    script.id,
  ]);
  await expect(signAs(house.people.liaison, 'liaison', script)).rejects.toMatchObject({ code: 'form.changed' });
  const draft = await createScript(house.people.applicant.ctx, { name: '草稿', purpose: 'care', content: written });
  expect(await scriptSubject.formNow(house.pool, draft.id, 'script/1')).toBeNull();
  const stored = await findScript(house.pool, script.id);
  expect(stored && buildScript('script/1', stored).closing).toBe('再见。');
});

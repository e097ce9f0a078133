import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createScript, nextVersion, submitScript, withdrawScript } from '../../../src/call/script/script.command.ts';
import { buildScript } from '../../../src/call/script/script-1.rule.ts';
import { findScript, findSignedScript } from '../../../src/call/script/script.db.ts';
import { scriptSubject } from '../../../src/call/script/subject.ts';
import { verifyArchive } from '../../../src/form/archive/verify.rule.ts';
import { rejectForm, withdrawForm } from '../../../src/form/sign.command.ts';
import { signOffCentre, showSignOff } from '../../../src/form/sign-off.command.ts';
import { stopSignedWith } from '../../../src/form/signed-with.command.ts';
import { revokeCredential } from '../../../src/house/credential.command.ts';
import { canonicalJson } from '../../../src/kernel/digest.rule.ts';
import type { Person } from '../../kit/campaign.ts';
import { written } from '../../unit/call/written-script.ts';
import { cli } from '../../unit/kit/cli/kit.ts';
import { faultsOfPage } from '../kit/page/kit.ts';
import { folder, keyFileOf, openStanding, signAs, waihu as runWaihu, watched, type Standing } from './standing-kit.ts';
import { openSigning, type Signing } from './signing-kit.ts';

let house: Signing;
let processes: ReturnType<typeof watched>;
let texts: Awaited<ReturnType<typeof openStanding>>;
beforeAll(async () => {
  house = await openSigning({ publicUrl: 'listen' });
  texts = await openStanding(house);
  processes = watched(house);
});
const waihu = (as: Person, ...args: string[]) => runWaihu(house, as, ...args);
const request = (signInSeconds?: number) => texts.request(signInSeconds);
const storedOf = (id: string) => texts.storedOf(id);

test('a standing text is signed by the same commands and page as a campaign, archived, and its archive verifies', async () => {
  const standing = await request();
  const { liaison, leader, applicant } = house.people;
  const mine = await signOffCentre(liaison.ctx);
  expect(mine.mine.map(({ number }) => number)).toContain(standing.number);
  for (const language of ['zh-CN', 'en'] as const) {
    for (const path of ['/sign-off', `/sign-off/${standing.number}`, '/archive', '/notices']) {
      const { status, html } = await house.get(liaison, path, language);
      expect([path, status, ...faultsOfPage(html)]).toEqual([path, 200]);
    }
  }
  const { html } = await house.get(liaison, `/sign-off/${standing.id}`);
  expect(html).toBe('');
  const page = await house.get(liaison, `/sign-off/${standing.number}`);
  expect(page.html).toContain('请问现在方便接听吗？');
  expect(page.html).toContain(`href="/standing/${standing.number}"`);
  await expect(signAs(leader, 'leader', standing)).rejects.toMatchObject({ code: 'signature.wrong-order' });
  await signAs(liaison, 'liaison', standing);
  expect(await storedOf(standing.id)).toMatchObject({ state: 'awaiting-leader', told: 'awaiting-leader' });
  await expect(signAs(house.people.both, 'liaison', standing)).rejects.toMatchObject({ code: 'signature.wrong-order' });
  await expect(signAs(applicant, 'leader', standing)).rejects.toMatchObject({ code: 'permission.denied' });
  await signAs(leader, 'leader', standing);
  await expect
    .poll(() => storedOf(standing.id), { timeout: 20_000 })
    .toEqual({
      state: 'signed',
      told: 'signed',
      archived: true,
    });
  expect(await texts.actsOf(standing.id)).toEqual([
    'standing.form',
    'standing.sign-refused',
    'standing.sign',
    'standing.sign-refused',
    'standing.sign',
  ]);
  expect(await texts.noticesAbout(standing.id)).toEqual(['archive-made', 'form-signed', 'sign-awaited']);
  expect((await house.get(leader, `/sign-off/${standing.number}`)).html).toContain('两人均已签字');
  expect((await house.get(leader, `/archive?number=${standing.number}`)).html).toContain(standing.number);

  const list = await house.get(house.people.operator, `/archive?number=${standing.number}`);
  expect(list.html).toContain(`action="/archive/${standing.number}/form.json"`);
  const { status, bytes: body } = await house.post(house.people.operator, `/archive/${standing.number}/form.json`);
  expect(status).toBe(200);
  const trusted = { sealFingerprints: [house.seals.key.fingerprint] };
  const verdict = await verifyArchive(body, trusted);
  expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, anchored: true, facts: { number: standing.number, outcome: 'signed' } });
  expect(verdict.facts?.signedBy.map(({ role, name }) => [role, name])).toEqual([
    ['liaison', 'liaison'],
    ['leader', 'leader'],
  ]);
  const changed = JSON.parse(body.toString()) as { form: { body: Standing } };
  changed.form.body.lines = ['请立即还款。'];
  const forged = await verifyArchive(Buffer.from(`${canonicalJson(changed)}\n`), trusted);
  expect(forged.checks.filter(({ ok }) => !ok).map(({ code }) => code)).toEqual(['archive.digest', 'form.digest']);
});

test('what was changed after the request is not signed, and the page says where', async () => {
  const standing = await request();
  await house.pool.query(`update standing_text set text = jsonb_set(text, '{lines,0}', '"喂？"') where id = $1`, [
    standing.id,
  ]);
  await expect(signAs(house.people.liaison, 'liaison', standing)).rejects.toMatchObject({ code: 'form.changed' });
  const { act } = await showSignOff(house.people.liaison.ctx, standing.number);
  expect(act).toEqual({ kind: 'changed', changed: ['lines.0'] });
});

test('it is sent back by the page, taken back, and expires; nobody signs it then', async () => {
  const returned = await request();
  const { liaison, applicant } = house.people;
  const answer = await house.post(liaison, `/sign-off/${returned.number}/reject`, { reason: '语气不妥' });
  expect(answer.location).toBe(`/sign-off/${returned.number}`);
  expect(await storedOf(returned.id)).toMatchObject({ state: 'rejected', told: 'rejected', archived: false });
  expect(await texts.noticesAbout(returned.id)).toEqual(['form-rejected', 'sign-awaited']);
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
  expect(await texts.actsOf(late.id)).toEqual(['standing.form', 'standing.expire']);
  expect(await texts.noticesAbout(late.id)).toEqual(['form-expired', 'sign-awaited']);
});

test('it is read, signed, sent back and taken back by the command line and the API under its number', async () => {
  const { liaison, leader, applicant, operator } = house.people;
  const standing = await request();
  const awaited = async (as: Person) =>
    ((await waihu(as, 'form', 'list', '--json')).data['items'] as Record<string, unknown>[]).find(
      ({ number }) => number === standing.number,
    );
  expect(await awaited(liaison)).toMatchObject({ kind: 'standing', id: standing.id, awaits: 'liaison', mine: true });
  expect(await awaited(leader)).toMatchObject({ awaits: 'liaison', mine: false });
  const shown = await waihu(leader, 'form', 'show', standing.number);
  expect(shown.stdout).toContain('lines.1: 请问现在方便接听吗？');
  expect(shown.stdout).toContain(`digest ${standing.digest}`);
  expect((await waihu(leader, 'form', 'show', standing.number, '--json')).data).toMatchObject({
    kind: 'standing',
    id: standing.id,
    number: standing.number,
    state: 'awaiting-liaison',
    awaits: 'liaison',
    digest: standing.digest,
    signatures: [],
  });
  const signs = (as: Person, role: string) =>
    waihu(as, 'sign', standing.number, '--role', role, '--key', keyFileOf(as), '--yes');
  expect(await signs(leader, 'leader')).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('signature.wrong-order'),
  });
  expect((await signs(liaison, 'liaison')).stdout).toContain('The leader is asked next.');
  expect((await signs(leader, 'leader')).stdout).toContain('Both have signed');
  await expect
    .poll(() => storedOf(standing.id), { timeout: 20_000 })
    .toMatchObject({ state: 'signed', archived: true });
  expect(await waihu(liaison, 'form', 'reject', standing.number, '--reason', '太晚')).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('form.not-yours-to-reject'),
  });
  expect((await waihu(operator, 'form', 'archive', standing.number, '--out', 'signed.json')).exit).toBe(0);
  const trusted = ['--fingerprint', house.seals.key.fingerprint];
  const verdict = await cli(['verify', 'signed.json', ...trusted], {}, folder);
  expect([verdict.exit, verdict.stdout]).toEqual([0, expect.stringContaining(`${standing.number} 还款提醒文本`)]);
  const forged = readFileSync(join(folder, 'signed.json'), 'utf8').replace('请问', '请立');
  writeFileSync(join(folder, 'forged.json'), forged);
  expect((await cli(['verify', 'forged.json', ...trusted], {}, folder)).exit).toBe(1);

  const returned = await request();
  const reject = (as: Person) => waihu(as, 'form', 'reject', returned.number, '--reason', '语气不妥');
  expect((await reject(leader)).stderr).toContain('form.not-yours-to-reject');
  expect((await reject(operator)).exit).toBe(4);
  expect((await reject(liaison)).exit).toBe(0);
  expect(await storedOf(returned.id)).toMatchObject({ state: 'rejected', told: 'rejected' });
  const withdrawn = await request();
  const withdraw = (as: Person) => waihu(as, 'form', 'withdraw', withdrawn.number, '--reason', '另写一版');
  expect((await withdraw(liaison)).exit).toBe(4);
  expect((await withdraw(applicant)).exit).toBe(0);
  expect(await storedOf(withdrawn.id)).toMatchObject({ state: 'withdrawn', told: 'withdrawn' });
  expect((await waihu(operator, 'form', 'archive', withdrawn.number)).stderr).toContain('archive.not-made');
  expect((await waihu(liaison, 'form', 'show', 'ST-20261128-9999')).stderr).toContain('form.missing');
  for (const { number } of [returned, withdrawn])
    expect(faultsOfPage((await house.get(liaison, `/sign-off/${number}`)).html)).toEqual([]);
});

test('a process that is lost while nobody signs is found by the watch: the form expires, or is signed and archived', async () => {
  const { processOf, runOf, stateOf, restartsOf, age, look } = processes;
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

  const standing = await request();
  await age(standing.id);
  const run = await runOf(standing.id);
  await look();
  expect([await runOf(standing.id), await restartsOf(standing.id)]).toEqual([run, []]);
  await signAs(house.people.liaison, 'liaison', standing);
  await processOf(standing.id).terminate('lost');
  await look();
  expect(await stateOf(standing.id)).toBe('RUNNING');
  await signAs(house.people.leader, 'leader', standing);
  const isArchived = () => storedOf(standing.id);
  await expect.poll(isArchived, { timeout: 20_000 }).toMatchObject({ state: 'signed', archived: true });
  await processOf(standing.id).result();
  await look();
  expect(await restartsOf(standing.id)).toHaveLength(1);
  // As if all had been lost between the second signature and the archive.
  await house.pool.query('delete from form_archive where form_id = (select id from form where subject_id = $1)', [
    standing.id,
  ]);
  await age(standing.id);
  await look();
  await expect.poll(isArchived, { timeout: 20_000 }).toMatchObject({ state: 'signed', archived: true });
  expect((await restartsOf(standing.id)).map(({ details }) => details)).toEqual([
    { lost: 'terminated', state: 'awaiting-leader' },
    { lost: 'completed', state: 'signed' },
  ]);
});

test('a lost process begins again with the next signature, and a stolen key makes what it signed void', async () => {
  const standing = await request();
  const liaison = await house.hire('联络员', ['liaison']);
  await house.client.workflow.getHandle(`sign-off:standing:${standing.id}`).terminate('lost');
  await signAs(liaison, 'liaison', standing);
  await signAs(house.people.leader, 'leader', standing);
  expect(await storedOf(standing.id)).toMatchObject({ state: 'signed' });
  const ofKey = `/signing-keys/${liaison.credentialId}/campaigns`;
  expect((await house.get(liaison, ofKey)).html).toMatch(
    new RegExp(`href="/standing/${standing.number}".*?>已签字</td>`, 's'),
  );
  await revokeCredential(liaison.ctx, { credentialId: liaison.credentialId });
  const { stopped } = await stopSignedWith(liaison.ctx, { credentialId: liaison.credentialId, how: 'pause' });
  expect(stopped).toMatchObject([{ kind: 'standing', id: standing.id, state: 'signed' }]);
  expect(await storedOf(standing.id)).toMatchObject({ state: 'voided', told: 'voided' });
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

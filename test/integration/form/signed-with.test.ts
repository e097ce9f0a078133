import { beforeAll, expect, test } from 'vitest';
import { revokeCredential } from '../../../src/house/credential.command.ts';
import { listSignedWith, stopSignedWith } from '../../../src/form/signed-with.command.ts';
import { codeOf } from '../../kit/look.ts';
import { faultsOfPage } from '../kit/page/kit.ts';
import { openSigning } from './signing-kit.ts';

let house: Awaited<ReturnType<typeof openSigning>>;
beforeAll(async () => {
  house = await openSigning();
});

let made = 0;
const later = () => ({
  startsAt: new Date(Date.now() + 3_000_000).toISOString(),
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  dailyFrom: '00:00',
  dailyTo: '24:00',
});
/** A liaison officer whose key has signed one form that waits for the leader, one that waits for its window, one that is being sent. */
async function robbed() {
  const liaison = await house.hire('liaison', ['liaison']);
  const form = async (change: object, leaderToo: boolean): Promise<string> => {
    made += 1;
    const id = await house.submitted(await house.addAudience(400, made * 1_000), change);
    await house.signAs(liaison, 'liaison', id);
    if (leaderToo) await house.signAs(house.people.leader, 'leader', id);
    return id;
  };
  const awaiting = await form({ window: later() }, false);
  const scheduled = await form({ window: later() }, true);
  const sending = await form({ ratePerSecond: 5 }, true);
  await house.until(sending, 'sending');
  return { liaison, credentialId: liaison.credentialId, awaiting, scheduled, sending };
}
const stateOf = async (id: string) => (await house.show(id)).campaign;

test('revoking says what the key has signed and can still go out; stopping pauses it and voids what waits for the leader', async () => {
  const { liaison, credentialId, awaiting, scheduled, sending } = await robbed();
  expect(await codeOf(stopSignedWith(liaison.ctx, { credentialId, how: 'pause' }))).toBe('credential.not-revoked');
  await revokeCredential(liaison.ctx, { credentialId });
  const { signed } = await listSignedWith(liaison.ctx, credentialId);
  expect(signed.map(({ id, state }) => [id, state])).toEqual([
    [awaiting, 'awaiting-leader'],
    [scheduled, 'scheduled'],
    [sending, 'sending'],
  ]);
  const { stopped } = await stopSignedWith(liaison.ctx, { credentialId, how: 'pause' });
  expect(stopped).toHaveLength(3);
  for (const [id, state] of [
    [awaiting, 'voided'],
    [scheduled, 'paused'],
    [sending, 'paused'],
  ] as const)
    expect(await stateOf(id)).toMatchObject({ state, stateReason: { code: 'signature.key-revoked', by: liaison.id } });
  const again = await stopSignedWith(liaison.ctx, { credentialId, how: 'pause' });
  expect(again.stopped).toEqual([]);
});

test('the page leads there, in words of both languages, and cancels for an administrator', async () => {
  const { liaison, credentialId, scheduled, sending } = await robbed();
  const administrator = await house.hire('管理员', ['administrator']);
  const revoked = await house.post(administrator, `/credentials/${credentialId}/revoke`);
  expect(revoked.location).toBe(`/signing-keys/${credentialId}/campaigns`);
  for (const language of ['zh-CN', 'en'] as const) {
    const { status, html } = await house.get(administrator, `/signing-keys/${credentialId}/campaigns`, language);
    expect(status).toBe(200);
    expect(faultsOfPage(html)).toEqual([]);
    expect(html).toContain((await stateOf(sending)).number);
  }
  for (const stranger of [house.people.leader, house.people.applicant])
    expect((await house.post(stranger, `/signing-keys/${credentialId}/campaigns`, { how: 'cancel' })).status).toBe(403);
  expect((await stateOf(scheduled)).state).toBe('scheduled');
  const done = await house.post(administrator, `/signing-keys/${credentialId}/campaigns`, { how: 'cancel' });
  expect(done.location).toBe(`/people/${liaison.id}`);
  expect([(await stateOf(scheduled)).state, (await stateOf(sending)).state]).toEqual(['cancelled', 'cancelled']);
});

test('a key that has signed nothing leads back, and only its owner and administrators may ask', async () => {
  const person = await house.hire('liaison', ['liaison']);
  expect(await codeOf(listSignedWith(house.people.leader.ctx, person.credentialId))).toBe('permission.denied');
  const answer = await house.post(person, `/account/signing-keys/${person.credentialId}/revoke`);
  expect(answer.location).toBe('/account#signing-keys');
});

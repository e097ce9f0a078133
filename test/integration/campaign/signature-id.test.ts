import { randomUUIDv7, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { signCampaign } from '../../../src/campaign/campaign.command.ts';
import { showForm } from '../../../src/campaign/view.command.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { openHouse, type Person } from '../../kit/campaign.ts';
import { codeOf } from '../../kit/look.ts';

const house = await openHouse();
const { liaison, leader, both, operator } = house.people;

async function signWith(signatureId: string, who: Person, role: 'liaison' | 'leader', campaignId: string) {
  const { digest } = await showForm(operator.ctx, campaignId);
  const signature = sign(null, signingMessage(role, digest), who.key).toString('base64url');
  const evidence = { kind: 'ed25519' as const, signature };
  return signCampaign(who.ctx, { campaignId, signatureId, role, credentialId: who.credentialId, digest, evidence });
}

test('an id that stands for one signature signs nothing for anybody else, nor anywhere else', async () => {
  const audience = await house.addAudience(2);
  const campaign = await house.submitted(audience);
  const id = randomUUIDv7();
  expect(await codeOf(signWith(id, liaison, 'liaison', campaign))).toBe('nothing went wrong');
  // A repeat of an answer that got lost.
  expect(await codeOf(signWith(id, liaison, 'liaison', campaign))).toBe('nothing went wrong');
  for (const [who, role] of [
    [leader, 'leader'],
    [both, 'leader'],
    [both, 'liaison'],
  ] as const)
    expect(await codeOf(signWith(id, who, role, campaign))).toBe('signature.id-taken');
  expect((await house.show(campaign)).campaign.state).toBe('awaiting-leader');

  const second = await house.submitted(audience);
  expect(await codeOf(signWith(id, liaison, 'liaison', second))).toBe('signature.id-taken');
  expect((await house.show(second)).campaign.state).toBe('awaiting-liaison');
  expect(await codeOf(signWith(randomUUIDv7(), leader, 'leader', campaign))).toBe('nothing went wrong');
});

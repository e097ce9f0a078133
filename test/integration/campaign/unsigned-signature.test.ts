import { randomUUIDv7, sign } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signCampaign, submitCampaign } from '../../../src/campaign/campaign.command.ts';
import { showForm } from '../../../src/campaign/view.command.ts';
import { openHouse, type House, type Person } from '../../kit/campaign.ts';
import { codeOf, sentOf, untilFinished } from '../../kit/look.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';

type Role = 'liaison' | 'leader';
let house: House;
let audience: string;
beforeAll(async () => {
  house = await openHouse();
  audience = await house.addAudience(5);
});

const digestOf = async (id: string): Promise<string> => (await showForm(house.people.operator.ctx, id)).digest;
const evidence = (person: Person, role: Role, digest: string) => ({
  kind: 'ed25519' as const,
  signature: sign(null, signingMessage(role, digest), person.key).toString('base64url'),
});
type Handed = {
  person: Person;
  role: Role;
  digest?: string;
  credentialId?: string;
  signedWith?: Person;
  signedRole?: Role;
  signedDigest?: string;
  signatureId?: string;
};

/** Hands in a signature in which each part may be another's. */
async function hand(id: string, { person, role, ...other }: Handed): Promise<string> {
  const digest = other.digest ?? (await digestOf(id));
  return codeOf(
    signCampaign(person.ctx, {
      campaignId: id,
      role,
      credentialId: other.credentialId ?? person.credentialId,
      digest,
      evidence: evidence(other.signedWith ?? person, other.signedRole ?? role, other.signedDigest ?? digest),
      ...(other.signatureId && { signatureId: other.signatureId }),
    }),
  );
}
const signaturesOf = async (id: string): Promise<number> => (await house.show(id)).signatures.length;
const closed = 'nothing went wrong';

describe('before anybody has signed', () => {
  let id: string;
  beforeAll(async () => {
    id = await house.submitted(audience);
  });

  const cases: [string, () => Handed, string][] = [
    ['the leader first', () => ({ person: house.people.leader, role: 'leader' }), 'signature.wrong-order'],
    [
      'the liaison in the leader’s role',
      () => ({ person: house.people.liaison, role: 'leader' }),
      'signature.role-not-held',
    ],
    [
      'the leader in the liaison’s role',
      () => ({ person: house.people.leader, role: 'liaison' }),
      'signature.role-not-held',
    ],
    [
      'the applicant, who holds neither role',
      () => ({ person: house.people.applicant, role: 'liaison' }),
      'permission.denied',
    ],
    [
      'a digest of another form',
      () => ({ person: house.people.liaison, role: 'liaison', digest: 'ab'.repeat(32) }),
      'signature.other-digest',
    ],
    [
      'evidence over another digest',
      () => ({ person: house.people.liaison, role: 'liaison', signedDigest: 'ab'.repeat(32) }),
      'signature.invalid',
    ],
    [
      'evidence made for the other role',
      () => ({ person: house.people.liaison, role: 'liaison', signedRole: 'leader' }),
      'signature.invalid',
    ],
    [
      'evidence of another person’s key',
      () => ({ person: house.people.liaison, role: 'liaison', signedWith: house.people.leader }),
      'signature.invalid',
    ],
    [
      'another person’s credential',
      () => ({
        person: house.people.liaison,
        role: 'liaison',
        credentialId: house.people.both.credentialId,
        signedWith: house.people.both,
      }),
      'signature.unknown-credential',
    ],
    [
      'a credential that does not exist',
      () => ({ person: house.people.liaison, role: 'liaison', credentialId: randomUUIDv7() }),
      'signature.unknown-credential',
    ],
  ];
  test.each(cases)('%s is refused, stored nowhere and put on record', async (_, handed, expected) => {
    const refusedBefore = await refusalsOnRecord(id);
    expect(await hand(id, handed())).toBe(expected);
    expect(await signaturesOf(id)).toBe(0);
    expect((await house.show(id)).campaign.state).toBe('awaiting-liaison');
    const reachedTheProcess = !['signature.role-not-held', 'permission.denied'].includes(expected);
    expect((await refusalsOnRecord(id)) - refusedBefore).toBe(reachedTheProcess ? 1 : 0);
  });

  test.each([
    ['requested', `update credential set state = 'requested' where id = $1`],
    ['revoked', `update credential set state = 'revoked', revoked_at = now() where id = $1`],
  ])('a credential that is %s signs nothing', async (_, sql) => {
    const person = await house.addPerson('late', ['liaison']);
    await house.pool.query(sql, [person.credentialId]);
    expect(await hand(id, { person, role: 'liaison' })).toBe('signature.credential-not-active');
    expect(await signaturesOf(id)).toBe(0);
  });
});

describe('between the signatures', () => {
  let id: string;
  let taken: string;
  beforeEach(async () => {
    id = await house.submitted(audience);
    taken = randomUUIDv7();
    expect(await hand(id, { person: house.people.both, role: 'liaison', signatureId: taken })).toBe(closed);
  });

  test('the same person cannot sign again, in either role', async () => {
    expect(await hand(id, { person: house.people.both, role: 'leader' })).toBe('signature.same-person');
    expect(await hand(id, { person: house.people.both, role: 'liaison' })).toBe('signature.wrong-order');
    expect(await signaturesOf(id)).toBe(1);
  });

  test('the liaison’s evidence does not serve as the leader’s', async () => {
    expect(await hand(id, { person: house.people.leader, role: 'leader', signedRole: 'liaison' })).toBe(
      'signature.invalid',
    );
    expect(
      await hand(id, {
        person: house.people.leader,
        role: 'leader',
        signedWith: house.people.both,
        signedRole: 'liaison',
      }),
    ).toBe('signature.invalid');
    expect(await signaturesOf(id)).toBe(1);
  });

  test('a signature of another form is not taken for this one', async () => {
    const other = await digestOf(await house.submitted(audience));
    expect(await hand(id, { person: house.people.leader, role: 'leader', digest: other })).toBe(
      'signature.other-digest',
    );
    expect(await hand(id, { person: house.people.leader, role: 'leader', signedDigest: other })).toBe(
      'signature.invalid',
    );
    expect(await signaturesOf(id)).toBe(1);
  });

  test('the same signature twice is one signature, at once or one after the other', async () => {
    expect(await hand(id, { person: house.people.both, role: 'liaison', signatureId: taken })).toBe(closed);
    const leaders = randomUUIDv7();
    const twice = await Promise.all(
      [1, 2].map(() => hand(id, { person: house.people.leader, role: 'leader', signatureId: leaders })),
    );
    expect(twice).toEqual([closed, closed]);
    expect(await hand(id, { person: house.people.leader, role: 'leader', signatureId: leaders })).toBe(closed);
    expect(await signaturesOf(id)).toBe(2);
    const { rows } = await house.pool.query(
      `select count(*)::int as n from audit where object_id = $1 and action = 'campaign.sign'`,
      [id],
    );
    expect(rows).toEqual([{ n: 2 }]);
  });

  test('two leaders at once: one signs, the other is told', async () => {
    const second = await house.addPerson('second', ['leader']);
    const answers = await Promise.all(
      [house.people.leader, second].map((person) => hand(id, { person, role: 'leader' })),
    );
    expect(answers.filter((answer) => answer === closed)).toHaveLength(1);
    expect(await signaturesOf(id)).toBe(2);
  });
});

test('the applicant cannot sign the own form, whatever roles are held', async () => {
  const { both } = house.people;
  const draft = await house.draft(audience, {}, both);
  await submitCampaign(both.ctx, { campaignId: draft });
  const {
    campaign: { id },
  } = await house.until(draft, 'awaiting-liaison');
  expect(await hand(id, { person: both, role: 'liaison' })).toBe('signature.applicant');
  expect(await hand(id, { person: house.people.liaison, role: 'liaison' })).toBe(closed);
  expect(await hand(id, { person: both, role: 'leader' })).toBe('signature.applicant');
  expect(await signaturesOf(id)).toBe(1);
});

test('a form that was not signed in time expires; a later signature sends nobody anything', async () => {
  const id = await house.submitted(audience, { signBy: new Date(Date.now() + 2_500).toISOString() });
  expect(await hand(id, { person: house.people.liaison, role: 'liaison' })).toBe(closed);
  await house.until(id, 'expired');
  expect(await hand(id, { person: house.people.leader, role: 'leader' })).toBe('campaign.not-awaiting-signature');
  expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
});

test('a form that changed between the signatures takes no second one', async () => {
  const id = await house.submitted(audience);
  expect(await hand(id, { person: house.people.liaison, role: 'liaison' })).toBe(closed);
  await house.pool.query('update campaign set rate_per_second = 4000 where id = $1', [id]);
  expect(await hand(id, { person: house.people.leader, role: 'leader' })).toBe('form.changed');
  expect(await signaturesOf(id)).toBe(1);
});

const insert = async (id: string, person: Person, role: Role, signature: string, signedAt = 'now()') =>
  house.pool.query(
    `insert into signature (id, form_id, applicant_id, role, staff_id, credential_id, digest, evidence, signed_at)
     select $2, id, applicant_id, $3, $4, $5, digest, $6, ${signedAt} from form where campaign_id = $1`,
    [id, randomUUIDv7(), role, person.id, person.credentialId, { kind: 'ed25519', signature }],
  );

/** Both rows as an insider with SQL would write them, and the state that lets the campaign go. */
async function forge(rows: { person: Person; role: Role; signature: string; signedAt?: string }[]): Promise<string> {
  const id = await house.submitted(audience);
  for (const { person, role, signature, signedAt } of rows) await insert(id, person, role, signature, signedAt);
  await house.pool.query(`update campaign set state = 'scheduled' where id = $1`, [id]);
  // The process still awaits the liaison: as after a restore, a new one takes the campaign where the database says it is.
  await house.client.workflow.getHandle(`campaign:${id}`).terminate('the test plays a restored database');
  await house.client.workflow.start('smsCampaign', {
    taskQueue: house.taskQueue,
    workflowId: `campaign:${id}`,
    args: [
      {
        campaignId: id,
        form: { digest: await digestOf(id), applicantId: house.people.applicant.id, expiresAt: Date.now() + 60_000 },
        signedBy: { liaison: 'x', leader: 'y' },
      },
    ],
  });
  return id;
}

describe('rows forged in the database', () => {
  const garbage = Buffer.alloc(64, 7).toString('base64url');

  test('evidence that proves nothing voids the campaign before its first message', async () => {
    const id = await forge([
      { person: house.people.liaison, role: 'liaison', signature: garbage },
      { person: house.people.leader, role: 'leader', signature: garbage },
    ]);
    const { campaign } = await untilFinished(house, id);
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code: 'signature.invalid', changed: [] }]);
    expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
  });

  test('one signature is not two', async () => {
    const id = await forge([]);
    const { campaign } = await untilFinished(house, id);
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code: 'signature.missing', changed: [] }]);
    expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
  });

  test('the database itself wants three people, one for each role', async () => {
    const id = await house.submitted(audience);
    const { applicant, liaison, leader } = house.people;
    await expect(insert(id, applicant, 'liaison', garbage)).rejects.toMatchObject({ code: '23514' });
    await insert(id, liaison, 'liaison', garbage);
    await expect(insert(id, liaison, 'leader', garbage)).rejects.toMatchObject({ code: '23505' });
    await expect(insert(id, leader, 'liaison', garbage)).rejects.toMatchObject({ code: '23505' });
    const other = `insert into signature (id, form_id, applicant_id, role, staff_id, credential_id, digest, evidence, signed_at)
      select $2, id, $3, 'leader', applicant_id, $4, digest, '{}', now() from form where campaign_id = $1`;
    await expect(house.pool.query(other, [id, randomUUIDv7(), leader.id, leader.credentialId])).rejects.toMatchObject({
      code: '23503',
    });
  });
});

const refusalsOnRecord = async (id: string): Promise<number> => {
  const { rows } = await house.pool.query(
    `select count(*)::int as n from audit where object_id = $1 and action = 'campaign.sign-refused'`,
    [id],
  );
  return (rows[0] as { n: number }).n;
};

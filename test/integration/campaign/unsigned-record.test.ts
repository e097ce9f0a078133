import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { revokeCredential } from '../../../src/house/credential.command.ts';
import { record } from '../../../src/house/audit/audit.db.ts';
import { signaturesOf } from '../../../src/form/form.db.ts';
import { findCampaignForm, findLiveCampaign, formOf } from '../../../src/campaign/live-campaign.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { canonicalJson, digestOf, sha256Hex } from '../../../src/kernel/digest.rule.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { sealKeyOf } from '../../../src/house/audit/seal.ts';
import type { SealKey } from '../../../src/house/audit/seal-key.rule.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
import { newKey } from '../../kit/installation-key.ts';
import { codeOf, sentOf, untilFinished } from '../../kit/look.ts';

/** What somebody does who may write every table and has neither the installation's key nor the signers'. */
let house: House;
let strangers: SealKey;
beforeAll(async () => {
  house = await openHouse();
  strangers = sealKeyOf(newKey());
});

let made = 0;
async function scheduled(): Promise<string> {
  made += 1;
  const window = {
    startsAt: new Date(Date.now() + 4_000).toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    dailyFrom: '00:00',
    dailyTo: '24:00',
  };
  // Signers of its own: their keys are replaced below, and other campaigns rely on the others'.
  const [liaison, leader] = [
    await house.addPerson('liaison', ['liaison']),
    await house.addPerson('leader', ['leader']),
  ];
  const { id: templateId } = await house.addTemplate({ name: `原文 ${made}` });
  const id = await house.submitted(await house.addAudience(5, made * 1_000), { window, templateId });
  await house.signAs(liaison, 'liaison', id);
  await house.signAs(leader, 'leader', id);
  return id;
}

type Forged = {
  digest: string;
  signatures: { role: string; staffId: string; credentialId: string; fingerprint: string }[];
};

/** Another rate on the form, and everything that belongs to it made anew: digest, keys, signatures. */
async function forge(id: string, { changeForm }: { changeForm: boolean }): Promise<Forged> {
  const { pool } = house;
  if (changeForm) await pool.query('update campaign set rate_per_second = rate_per_second + 1 where id = $1', [id]);
  const live = await findLiveCampaign(pool, id);
  const form = await findCampaignForm(pool, id);
  if (!live || !form) throw new Error('There is no such campaign.');
  const body = formOf(live, form.format);
  const digest = digestOf(body);
  await pool.query('update form set canonical = $2, digest = $3 where id = $1', [form.id, canonicalJson(body), digest]);
  const signatures: Forged['signatures'] = [];
  for (const { role, credentialId, staffId, id: signatureId } of await signaturesOf(pool, form.id)) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = rawOf(publicKey);
    const evidence = {
      kind: 'ed25519',
      signature: sign(null, signingMessage(role, digest), privateKey).toString('base64url'),
    };
    await pool.query('update credential set public_key = $2, fingerprint = $3 where id = $1', [
      credentialId,
      raw,
      sha256Hex(raw),
    ]);
    await pool.query('update signature set digest = $2, evidence = $3 where id = $1', [signatureId, digest, evidence]);
    signatures.push({ role, staffId, credentialId, fingerprint: sha256Hex(raw) });
  }
  return { digest, signatures };
}
const rawOf = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');

/** Rows that say what the forgery needs, chained as the chain wants them. */
async function putOnRecord(id: string, { digest, signatures }: Forged, key?: SealKey): Promise<void> {
  const write = (actor: string, action: string, objectKind: string, objectId: string, details: object, at: Date) =>
    transaction(house.pool, (tx) =>
      record(tx, { actor, action, objectKind, objectId, details: { ...details } }, at, key),
    );
  const form = await findCampaignForm(house.pool, id);
  await write('system', 'campaign.freeze', 'campaign', id, { digest }, new Date());
  for (const given of await signaturesOf(house.pool, form?.id ?? '')) {
    const { credentialId, fingerprint, role } = signatures.find((each) => each.role === given.role) ?? given;
    const approved = { staffId: given.staffId, fingerprint };
    await write(
      `staff:${house.people.operator.id}`,
      'credential.approved',
      'credential',
      credentialId,
      approved,
      given.decidedAt ?? new Date(),
    );
    const details = { role, digest, credentialId, fingerprint, signatureId: given.id };
    await write(`staff:${given.staffId}`, 'campaign.sign', 'campaign', id, details, given.signedAt);
  }
}

const attacks: [name: string, attack: (id: string) => Promise<unknown>, code: string][] = [
  ['form, keys and signatures are replaced by own ones', (id) => forge(id, { changeForm: true }), 'record.form'],
  ['keys and signatures are replaced by own ones', (id) => forge(id, { changeForm: false }), 'record.signature'],
  [
    'and rows are put on record that say so',
    async (id) => putOnRecord(id, await forge(id, { changeForm: true })),
    'record.form',
  ],
  [
    'and those rows are sealed with a key of one’s own',
    async (id) => putOnRecord(id, await forge(id, { changeForm: true }), strangers),
    'record.form',
  ],
  [
    'and the seal is stretched over another row',
    async (id) => {
      await putOnRecord(id, await forge(id, { changeForm: true }), strangers);
      await house.pool.query('update audit_seal set public_key = $1 where public_key = $2', [
        house.seals.key.publicKey,
        strangers.publicKey,
      ]);
    },
    'record.form',
  ],
  [
    'the row of the freeze is changed',
    (id) =>
      house.pool.query(
        `update audit set details = details || '{"digest":"00"}' where object_id = $1 and action = 'campaign.freeze'`,
        [id],
      ),
    'record.form',
  ],
  [
    'the row of a signature is removed',
    (id) =>
      house.pool.query(
        `delete from audit where object_id = $1 and action = 'campaign.sign' and details->>'role' = 'leader'`,
        [id],
      ),
    'record.signature',
  ],
  [
    'the seals are removed',
    (id) => house.pool.query(`delete from audit_seal where seq in (select seq from audit where object_id = $1)`, [id]),
    'record.form',
  ],
  [
    'the approval of a key is removed',
    (id) =>
      house.pool.query(
        `delete from audit where action = 'credential.approved' and object_id in
           (select s.credential_id::text from signature s join form f on f.id = s.form_id where f.campaign_id = $1 and s.role = 'leader')`,
        [id],
      ),
    'record.credential',
  ],
];

describe('in the database, after both signatures,', () => {
  test.each(attacks)('%s: the campaign is voided and nobody gets anything', async (_, attack, code) => {
    const id = await scheduled();
    await attack(id);
    const { campaign } = await untilFinished(house, id);
    expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code, changed: [] }]);
    expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
  });

  test('nothing is changed: it is sent', async () => {
    const { campaign } = await untilFinished(house, await scheduled());
    expect(campaign.state).toMatch(/completed|archived/);
  });
});

describe('a key', () => {
  test('that is made active in the database alone signs nothing', async () => {
    const id = await house.submitted(await house.addAudience(2, 90_000));
    const person = await house.addPerson('late', ['liaison']);
    await house.pool.query(`delete from audit_seal where seq in (select seq from audit where object_id = $1)`, [
      person.credentialId,
    ]);
    expect(await codeOf(house.signAs(person, 'liaison', id))).toBe('signature.credential-not-on-record');
  });

  test('that was revoked and is made active again in the database signs nothing', async () => {
    const id = await house.submitted(await house.addAudience(2, 91_000));
    const person = await house.addPerson('robbed', ['liaison']);
    await revokeCredential(person.ctx, { credentialId: person.credentialId });
    await house.pool.query(`update credential set state = 'active', revoked_at = null where id = $1`, [
      person.credentialId,
    ]);
    expect(await codeOf(house.signAs(person, 'liaison', id))).toBe('signature.credential-not-on-record');
  });
});

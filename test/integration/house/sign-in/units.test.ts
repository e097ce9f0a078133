import { beforeAll, describe, expect, test } from 'vitest';
import {
  cancelCampaign,
  pauseCampaign,
  rejectCampaign,
  resumeCampaign,
  submitCampaign,
  withdrawCampaign,
} from '../../../../src/campaign/campaign.command.ts';
import {
  browseCampaigns,
  explainRecipient,
  loadCampaign,
  showCampaign,
  showForm,
  takeArchive,
} from '../../../../src/campaign/view.command.ts';
import { exportLedger } from '../../../../src/campaign/ledger-export.command.ts';
import { actingStaff, type Context } from '../../../../src/house/context.ts';
import { createDelegation, revokeDelegation } from '../../../../src/house/delegation.command.ts';
import { standInsOf } from '../../../../src/house/delegation.db.ts';
import { disableStaff, setStaffRoles } from '../../../../src/house/staff.command.ts';
import { changeUnitName, createUnit, retireUnit } from '../../../../src/house/unit.command.ts';
import { findStaff, replaceGrants } from '../../../../src/house/staff.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import type { Grant, Role } from '../../../../src/kernel/permission.rule.ts';
import { openHouse, type House, type Person } from '../../../kit/campaign.ts';
import { codeOf } from '../../../kit/look.ts';

const ours = '外呼组';
let house: House;
let audience: string;
let id: string;

/** Somebody with those grants, as the authenticator would see them at this moment. */
async function person(name: string, grants: Grant[]): Promise<Person> {
  const made = await house.addPerson(name, []);
  await transaction(house.pool, (tx) => replaceGrants(tx, made.id, grants));
  return now(made);
}
async function now(known: Person): Promise<Person> {
  const row = await findStaff(house.pool, known.id);
  if (!row) throw new Error('This person is not in the database.');
  const staff = actingStaff(row, await standInsOf(house.pool, row.id), new Date());
  return { ...known, ctx: { ...known.ctx, staff } };
}
const all: Role[] = ['applicant', 'operator', 'liaison', 'leader', 'auditor'];
const everything = (unit: string): Grant[] => all.map((role) => ({ role, unit }));

const units = async (ctx: Context) => (await browseCampaigns(ctx, { limit: 100 })).rows.map(({ unit }) => unit);
const sign = async (who: Person, role: 'liaison' | 'leader', campaign: string) =>
  codeOf(house.signAs(who, role, campaign));

beforeAll(async () => {
  house = await openHouse();
  audience = await house.addAudience(3);
  id = await house.submitted(audience, { unit: ours });
});

describe('a campaign of another unit', () => {
  const acts: [string, (ctx: Context, id: string) => Promise<unknown>][] = [
    ['loaded', (ctx, campaign) => loadCampaign(ctx, campaign)],
    ['shown', (ctx, campaign) => showCampaign(ctx, campaign)],
    ['read as a form', (ctx, campaign) => showForm(ctx, campaign)],
    ['explained', (ctx, campaign) => explainRecipient(ctx, { campaign, phone: '13800000001' })],
    ['exported', (ctx, campaign) => exportLedger(ctx, campaign)],
    ['taken as an archive', (ctx, campaign) => takeArchive(ctx, campaign)],
    ['submitted', (ctx, campaignId) => submitCampaign(ctx, { campaignId })],
    ['rejected', (ctx, campaignId) => rejectCampaign(ctx, { campaignId, reason: 'no' })],
    ['withdrawn', (ctx, campaignId) => withdrawCampaign(ctx, { campaignId, reason: 'no' })],
    ['paused', (ctx, campaignId) => pauseCampaign(ctx, { campaignId, reason: 'no' })],
    ['resumed', (ctx, campaignId) => resumeCampaign(ctx, { campaignId })],
    ['cancelled', (ctx, campaignId) => cancelCampaign(ctx, { campaignId, reason: 'no' })],
  ];
  test.each(acts)('is missing when it is to be %s', async (_, act) => {
    const stranger = await person('stranger', everything('信用卡部'));
    expect(await codeOf(act(stranger.ctx, id))).toBe('campaign.missing');
  });
  test.each(acts)('takes the right itself, not only sight of it, to be %s', async (name, act) => {
    const sees: Grant[] = [...everything('信用卡部'), { role: 'administrator', unit: ours }];
    const code = await codeOf(act((await person('onlooker', sees)).ctx, id));
    if (['loaded', 'shown', 'read as a form'].includes(name)) expect(code).toBe('nothing went wrong');
    else expect(code).toBe('permission.denied-in-unit');
  });
  test('is missing to a signer, and cannot be drafted', async () => {
    const stranger = await person('stranger', everything('信用卡部'));
    const { digest } = await showForm(house.people.operator.ctx, id);
    expect(await codeOf(house.signAs(stranger, 'liaison', id, digest))).toBe('campaign.missing');
    expect(await codeOf(house.draft(audience, { unit: ours }, stranger))).toBe('permission.denied-in-unit');
    await expect(house.draft(audience, { unit: '信用卡部' }, stranger)).resolves.toMatch(/^[0-9a-f-]{36}$/);
  });
  test('is not in the list', async () => {
    const stranger = await person('stranger', everything('信用卡部'));
    const neighbour = await person('neighbour', everything(ours));
    expect(new Set(await units(stranger.ctx))).toEqual(new Set(['信用卡部']));
    expect(new Set(await units(neighbour.ctx))).toEqual(new Set([ours]));
    expect(new Set(await units(house.people.operator.ctx))).toEqual(new Set(['信用卡部', ours]));
  });
});

test('a unit is renamed with everything that names it, and what waits for signatures goes on', async () => {
  const boss = await person('boss', [{ role: 'administrator', unit: '*' }]);
  const { id: unit } = await createUnit(boss.ctx, { name: '零售一部' });
  const officer = await person('officer', [{ role: 'liaison', unit: '零售一部' }]);
  const maker = await person('maker', [{ role: 'applicant', unit: '零售一部' }]);
  const campaign = await house.draft(audience, { unit: '零售一部' }, maker);
  await submitCampaign(maker.ctx, { campaignId: campaign });
  await house.until(campaign, 'awaiting-liaison');
  await changeUnitName(boss.ctx, { id: unit, name: '零售客户部' });
  expect(await sign(officer, 'liaison', campaign)).toBe('campaign.missing');
  expect(await sign(await now(officer), 'liaison', campaign)).toBe('nothing went wrong');
  expect(await sign(house.people.leader, 'leader', campaign)).toBe('nothing went wrong');
  await house.until(campaign, 'archived');
  const shown = await showForm(house.people.operator.ctx, campaign);
  expect(JSON.parse(shown.canonical)).toMatchObject({ unit: '零售一部' });
  expect((await house.show(campaign)).campaign.unit).toBe('零售客户部');
  expect(await codeOf(createUnit(boss.ctx, { name: '零售客户部' }))).toBe('unit.exists');

  await retireUnit(boss.ctx, { id: unit, retired: true });
  const grants: Grant[] = [{ role: 'operator', unit: '零售客户部' }];
  const newcomer = await person('newcomer', []);
  expect(await codeOf(setStaffRoles(boss.ctx, { staffId: newcomer.id, grants }))).toBe('unit.retired');
  // What somebody holds for it already stays.
  expect((await findStaff(house.pool, officer.id))?.grants).toEqual([{ role: 'liaison', unit: '零售客户部' }]);
});

test('the whole house is nobody’s by way of one unit', async () => {
  const boss = await person('boss', [{ role: 'administrator', unit: '*' }]);
  const grants: Grant[] = [{ role: 'administrator', unit: ours }];
  const target = await person('target', []);
  expect(await codeOf(setStaffRoles(boss.ctx, { staffId: target.id, grants }))).toBe('staff.house-role');
  // Somebody who holds it so from earlier days has no right over the house.
  const unitBoss = await person('unit boss', [...grants, { role: 'operator', unit: ours }]);
  const acts: [string, Promise<unknown>][] = [
    ['permission.denied', setStaffRoles(unitBoss.ctx, { staffId: target.id, roles: ['administrator'] })],
    ['permission.denied', disableStaff(unitBoss.ctx, { staffId: house.people.leader.id })],
    ['permission.denied', createUnit(unitBoss.ctx, { name: '自立门户部' })],
    [
      'delegation.not-yours',
      createDelegation(unitBoss.ctx, {
        staffId: house.people.leader.id,
        delegateId: target.id,
        role: 'leader',
        unit: '*',
        fromAt: new Date(),
        untilAt: new Date(Date.now() + 1e6),
      }),
    ],
  ];
  for (const [code, act] of acts) expect(await codeOf(act)).toBe(code);
});

describe('somebody who stands in', () => {
  const day = 86_400_000;
  const period = (from: number, days: number) => ({
    fromAt: new Date(Date.now() + from),
    untilAt: new Date(Date.now() + from + days * day),
  });
  test('signs in the role and the unit, on record, until it is ended', async () => {
    const away = await person('away', [{ role: 'liaison', unit: ours }]);
    const helper = await person('helper', []);
    const campaign = await house.submitted(audience, { unit: ours });
    expect(await sign(helper, 'liaison', campaign)).toBe('permission.denied');
    const { id: delegation } = await createDelegation(away.ctx, {
      delegateId: helper.id,
      role: 'liaison',
      unit: '*',
      ...period(-1000, 2),
    });
    const standing = await now(helper);
    expect(standing.ctx.staff.grants).toEqual([{ role: 'liaison', unit: ours, onBehalfOf: away.id }]);
    expect(await sign(standing, 'leader', campaign)).toBe('signature.role-not-held');
    expect(await sign(standing, 'liaison', campaign)).toBe('nothing went wrong');
    const { rows } = await house.pool.query(
      `select details->>'onBehalfOf' as absent from audit where action = 'campaign.sign' and object_id = $1`,
      [campaign],
    );
    expect(rows).toEqual([{ absent: away.id }]);

    const second = await house.submitted(audience, { unit: ours });
    await revokeDelegation(away.ctx, { delegationId: delegation });
    // With rights from before the end, as a request that was under way would have them.
    expect(await sign(standing, 'liaison', second)).toBe('signature.role-not-held');
    expect(await codeOf(rejectCampaign(standing.ctx, { campaignId: second, reason: 'no' }))).toBe(
      'campaign.not-yours-to-reject',
    );
  });

  test('does not sign twice, nor for somebody who is on the form, nor for the applicant', async () => {
    const two = await person('two', [
      { role: 'liaison', unit: '*' },
      { role: 'leader', unit: '*' },
    ]);
    const helper = await person('helper', [{ role: 'liaison', unit: '*' }]);
    const third = await person('third', []);
    for (const delegate of [helper, third])
      await createDelegation(two.ctx, { delegateId: delegate.id, role: 'leader', unit: '*', ...period(-1000, 1) });
    const campaign = await house.submitted(audience, { unit: ours });
    expect(await sign(await now(helper), 'liaison', campaign)).toBe('nothing went wrong');
    expect(await sign(await now(helper), 'leader', campaign)).toBe('signature.same-person');

    const second = await house.submitted(audience, { unit: ours });
    expect(await sign(two, 'liaison', second)).toBe('nothing went wrong');
    expect(await sign(await now(third), 'leader', second)).toBe('signature.stands-for-signer');
    expect(await sign(await now(third), 'leader', campaign)).toBe('nothing went wrong');

    const { both } = house.people;
    await createDelegation(both.ctx, { delegateId: third.id, role: 'liaison', unit: '*', ...period(-1000, 1) });
    const own = await house.draft(audience, { unit: ours }, both);
    await submitCampaign(both.ctx, { campaignId: own });
    await house.until(own, 'awaiting-liaison');
    expect(await sign(await now(third), 'liaison', own)).toBe('signature.stands-for-applicant');
  });

  test('is nobody before the time, and nobody when the absent person has lost the role', async () => {
    const away = await person('away', [{ role: 'leader', unit: ours }]);
    const helper = await person('helper', []);
    await createDelegation(away.ctx, { delegateId: helper.id, role: 'leader', unit: ours, ...period(day, 1) });
    expect((await now(helper)).ctx.staff.grants).toEqual([]);
    await createDelegation(away.ctx, { delegateId: helper.id, role: 'leader', unit: ours, ...period(-1000, 1) });
    expect((await now(helper)).ctx.staff.roles).toEqual(['leader']);
    await transaction(house.pool, (tx) => replaceGrants(tx, away.id, []));
    expect((await now(helper)).ctx.staff.roles).toEqual([]);
  });

  test('is chosen by the absent person or an administrator, and by no stand-in', async () => {
    const away = await person('away', [{ role: 'leader', unit: ours }]);
    const helper = await person('helper', []);
    const boss = await person('boss', [{ role: 'administrator', unit: '*' }]);
    const wish = { staffId: away.id, delegateId: helper.id, role: 'leader' as const, unit: ours, ...period(-1000, 1) };
    expect(await codeOf(createDelegation(house.people.leader.ctx, wish))).toBe('delegation.not-yours');
    expect(await codeOf(createDelegation(boss.ctx, { ...wish, delegateId: boss.id }))).toBe('delegation.to-yourself');
    expect(await codeOf(createDelegation(away.ctx, { ...wish, ...period(0, 61) }))).toBe('delegation.too-long');
    const made = await createDelegation(boss.ctx, { ...wish, ...period(-1000, 90) });
    const standing = await now(helper);
    const friend = await person('friend', []);
    const onward = { delegateId: friend.id, role: 'leader' as const, unit: ours, ...period(-1000, 1) };
    expect(await codeOf(createDelegation(standing.ctx, onward))).toBe('delegation.role-not-held');
    expect(await codeOf(revokeDelegation(standing.ctx, { delegationId: made.id }))).toBe('delegation.not-yours');
    await revokeDelegation(boss.ctx, { delegationId: made.id });
    expect((await now(helper)).ctx.staff.grants).toEqual([]);
  });

  test('who lost the own role in the meantime does not sign with it', async () => {
    const former = await person('former', [{ role: 'liaison', unit: ours }]);
    const campaign = await house.submitted(audience, { unit: ours });
    await transaction(house.pool, (tx) => replaceGrants(tx, former.id, [{ role: 'liaison', unit: '信用卡部' }]));
    expect(await sign(former, 'liaison', campaign)).toBe('signature.role-not-held');
  });
});

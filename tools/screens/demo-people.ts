import type { AuditSeals } from '../../src/house/audit/seals.ts';
import { decideCredential } from '../../src/house/credential.command.ts';
import { createInvitation } from '../../src/house/invitation.command.ts';
import { actingStaff, type Context } from '../../src/house/context.ts';
import type { Processes } from '../../src/house/processes.ts';
import { signCampaign } from '../../src/campaign/campaign.command.ts';
import { showForm } from '../../src/campaign/view.command.ts';
import { setStaffPhone } from '../../src/house/staff.command.ts';
import { beginPasskey, registerPasskey, relyingPartyOf } from '../../src/house/passkey.command.ts';
import { PasskeyResponse } from '../../src/house/credential.api.ts';
import { findStaff, findStaffByEmail } from '../../src/house/staff.db.ts';
import type { Pool } from '../../src/kernel/sql.db.ts';
import type { Role } from '../../src/kernel/permission.rule.ts';
import { createAuthenticator } from '../../test/kit/authenticator.ts';

/** Where the demonstration is played: any running Waihu with a sandbox. */
export type Stage = {
  pool: Pool;
  processes: Processes;
  /** As people reach it; passkeys are made for its host. */
  baseUrl: string;
  /** Id of somebody who may invite. */
  administratorId: string;
  /** What the installation seals its record with: signatures rest on it. */
  seals: AuditSeals;
  /** One call of the sandbox's own interface. */
  ask(method: string, place: string, body?: unknown): Promise<unknown>;
};

export type DemoPerson = {
  id: string;
  name: string;
  /** Path of the link that lets them in. */
  welcome: string;
  ctx(): Promise<Context>;
  /** Signs the form of the campaign with the person's passkey. */
  sign(role: 'liaison' | 'leader', campaignId: string): Promise<void>;
};

export const contextOf = async ({ pool, processes, seals }: Stage, staffId: string): Promise<Context> => {
  const staff = await findStaff(pool, staffId);
  if (!staff) throw new Error('There is no such person.');
  return {
    pool,
    processes,
    seals,
    staff: actingStaff(staff, [], new Date()),
    // Everybody acts for themselves here, as in a browser.
    session: { id: staffId },
    now: () => new Date(),
  };
};

/** Somebody with an invitation, a phone and a signing passkey that is good. */
export async function addPerson(
  stage: Stage,
  person: { name: string; email: string; unit: string; roles: Role[]; phone: string },
): Promise<DemoPerson> {
  const administrator = await contextOf(stage, stage.administratorId);
  const { phone, ...invited } = person;
  const { staffId, token } = await createInvitation(administrator, invited);
  await setStaffPhone(administrator, { staffId, phone });
  const { hostname, origin } = new URL(stage.baseUrl);
  const passkey = createAuthenticator({ origin, rpId: hostname });
  const signs = person.roles.includes('liaison') || person.roles.includes('leader');
  const credentialId = signs ? await giveKey(stage, staffId, passkey) : '';
  const ctx = (): Promise<Context> => contextOf(stage, staffId);
  return {
    id: staffId,
    name: person.name,
    welcome: `/welcome/${token}`,
    ctx,
    async sign(role, campaignId) {
      const { digest } = await showForm(await ctx(), campaignId);
      const evidence = passkey.assert({ challenge: Buffer.from(digest, 'hex') });
      await signCampaign(await ctx(), { campaignId, role, credentialId, digest, evidence });
    },
  };
}

/** A passkey asked for by its owner and approved by the second administrator, as far as the house is in its first days. */
async function giveKey(
  stage: Stage,
  staffId: string,
  passkey: ReturnType<typeof createAuthenticator>,
): Promise<string> {
  const rp = relyingPartyOf(stage.baseUrl);
  const owner = await contextOf(stage, staffId);
  const { challenge } = await beginPasskey(owner, rp);
  const response = passkey.register({ challenge: Buffer.from(challenge, 'base64url') });
  const { id } = await registerPasskey(owner, rp, { label: '办公电脑', response: PasskeyResponse.parse(response) });
  await decideCredential(await contextOf(stage, await approverOf(stage)), { credentialId: id, decision: 'approve' });
  return id;
}

const approverEmail = 'luojianhua@example.test';
async function approverOf(stage: Stage): Promise<string> {
  const known = await findStaffByEmail(stage.pool, approverEmail);
  if (known) return known.id;
  const first = await contextOf(stage, stage.administratorId);
  const { staffId } = await createInvitation(first, {
    name: '罗建华',
    email: approverEmail,
    unit: '信息科技部',
    roles: ['administrator'],
  });
  return staffId;
}

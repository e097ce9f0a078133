import { randomUUIDv7 } from 'node:crypto';
import { createInvitation } from '../../src/commands/invitation.ts';
import { actingStaff, type Context } from '../../src/commands/context.ts';
import type { Processes } from '../../src/commands/processes.ts';
import { signCampaign } from '../../src/commands/campaign.ts';
import { showForm } from '../../src/commands/campaign-view.ts';
import { setStaffPhone } from '../../src/commands/staff.ts';
import { findStaff } from '../../src/db/staff.ts';
import type { Pool } from '../../src/db/sql.ts';
import type { Role } from '../../src/domain/permission.ts';
import { fingerprintOf } from '../../src/signing/evidence.ts';
import { createAuthenticator } from '../../test/kit/authenticator.ts';

/** Where the demonstration is played: any running Waihu with a sandbox. */
export type Stage = {
  pool: Pool;
  processes: Processes;
  /** As people reach it; passkeys are made for its host. */
  baseUrl: string;
  /** Id of somebody who may invite and approve. */
  administratorId: string;
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

export const contextOf = async ({ pool, processes }: Stage, staffId: string): Promise<Context> => {
  const staff = await findStaff(pool, staffId);
  if (!staff) throw new Error('There is no such person.');
  return { pool, processes, staff: actingStaff(staff, [], new Date()), now: () => new Date() };
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
  const credentialId = randomUUIDv7();
  if (person.roles.includes('liaison') || person.roles.includes('leader'))
    await stage.pool.query(
      `insert into credential (id, staff_id, kind, label, public_key, webauthn, fingerprint, state, decided_at, decided_by)
       values ($1, $2, 'passkey', '办公电脑', $3, $4, $5, 'active', now(), $6)`,
      [
        credentialId,
        staffId,
        passkey.publicKey,
        JSON.stringify(passkey.webauthn),
        fingerprintOf(passkey.publicKey),
        stage.administratorId,
      ],
    );
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

import { randomUUIDv7 } from 'node:crypto';
import type { Pool } from 'pg';
import type { Context, Staff } from '../../src/house/context.ts';
import type { Processes } from '../../src/house/processes.ts';
import type { Role } from '../../src/kernel/permission.rule.ts';
import { anyLocalPort } from './endpoints.ts';

/** A member of staff with those roles, stored. */
export async function makeStaff(
  pool: Pool,
  roles: readonly Role[],
  details: { name?: string; unit?: string } = {},
): Promise<Staff> {
  const staff: Staff = {
    id: randomUUIDv7(),
    name: details.name ?? '测试员',
    unit: details.unit ?? '客服中心',
    roles,
    grants: roles.map((role) => ({ role, unit: '*' })),
  };
  await pool.query('insert into staff (id, name, email, unit) values ($1, $2, $3, $4)', [
    staff.id,
    staff.name,
    `${staff.id}@example.test`,
    staff.unit,
  ]);
  await pool.query('insert into staff_role (staff_id, role) select $1, unnest($2::text[])', [staff.id, roles]);
  return staff;
}

/** For commands that must start nothing: any call is a fault of the test. */
export const noProcesses: Processes = {
  startCampaign: () => Promise.reject(new Error('This test starts no campaign.')),
  sign: () => Promise.reject(new Error('This test signs nothing.')),
  startCallList: () => Promise.reject(new Error('This test opens no call list.')),
  startSignOff: () => Promise.reject(new Error('This test starts no sign-off.')),
  notify: () => Promise.reject(new Error('This test notifies nobody.')),
  estimateDraft: () => Promise.reject(new Error('This test counts nobody.')),
  sendTest: () => Promise.reject(new Error('This test sends no test message.')),
};

/** A context of a new member of staff with those roles. */
export async function contextWith(pool: Pool, roles: readonly Role[], over: Partial<Context> = {}): Promise<Context> {
  const staff = await makeStaff(pool, roles);
  return { pool, staff, processes: noProcesses, now: () => new Date(), gatewayEndpoints: anyLocalPort, ...over };
}

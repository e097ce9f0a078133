import { issueInvitation, acceptInvitation } from '../../src/house/invitation.command.ts';
import { transaction, type Pool } from '../../src/kernel/sql.db.ts';
import type { SignIn } from '../../src/house/sign-in/sign-in.ts';

export const password = 'correct horse battery';
let machines = 0;

/** Headers of somebody who has set a password by a link and is signed in: what an API key must not stand for. */
export async function sessionHeaders(
  pool: Pool,
  signIn: SignIn,
  staffId: string,
  baseUrl: string,
): Promise<{ cookie: string; host: string; origin: string }> {
  const { token } = await transaction(pool, (tx) => issueInvitation(tx, { staffId, createdBy: null }, new Date()));
  machines += 1;
  const visitor = { headers: {}, address: `10.9.${Math.floor(machines / 250)}.${(machines % 250) + 1}` };
  const arrival = { pool, signIn, now: () => new Date() };
  const { kind, setCookie } = await acceptInvitation(arrival, { token, password }, visitor);
  if (kind !== 'in') throw new Error(`The link led to ${kind}.`);
  const { host, origin } = new URL(baseUrl);
  return { cookie: setCookie.map((line) => line.split(';')[0]).join('; '), host, origin };
}

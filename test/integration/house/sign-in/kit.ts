import { createHmac } from 'node:crypto';
import type { Visitor } from '../../../../src/house/sign-in/answer.ts';
import { createInvitation, acceptInvitation } from '../../../../src/house/invitation.command.ts';
import { actingStaff } from '../../../../src/house/context.ts';
import type { Arrival, ArrivedContext } from '../../../../src/house/session.command.ts';
import { findStaff } from '../../../../src/house/staff.db.ts';
import type { Role } from '../../../../src/kernel/permission.rule.ts';
import { createSlowLane, type SlowLane } from '../../../../src/house/sign-in/slow-lane.ts';
import { noProcesses } from '../../../kit/people.ts';
import { openHouse, type House } from '../../kit/http/kit.ts';

export const password = 'correct horse battery';
let addresses = 0;
/** A browser on a machine of its own, so that one test's failures do not throttle the next. */
export function browser(address = `10.0.${Math.floor(addresses / 250)}.${(addresses++ % 250) + 1}`) {
  const jar = new Map<string, string>();
  return {
    visitor: (): Visitor => ({
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), 'user-agent': 'test' },
      address,
    }),
    /** Keeps what an answer sets, as browsers do. */
    keep<T extends { setCookie: string[] } | string[]>(answer: T): T {
      for (const line of Array.isArray(answer) ? answer : answer.setCookie) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (/max-age=0/i.test(line)) jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    },
    has: (part: string) => [...jar.keys()].some((name) => name.includes(part)),
  };
}
export type Browser = ReturnType<typeof browser>;

export async function openSignIn() {
  const house: House = await openHouse();
  const { pool, signIn } = house;
  const clock = { ahead: 0 };
  const now = () => new Date(Date.now() + clock.ahead);
  let taken = 0;
  const lane = createSlowLane({ gapMs: 1, longest: 40 });
  const slowLane: SlowLane = {
    turn(address) {
      taken += 1;
      return lane.turn(address);
    },
  };
  const arrival: Arrival = { pool, signIn, now, slowLane };

  /** The person's context, as the guard would make it from a request. */
  async function contextOf(staffId: string): Promise<ArrivedContext> {
    const row = await findStaff(pool, staffId);
    if (!row) throw new Error('There is no such person.');
    return { pool, signIn, staff: actingStaff(row, [], now()), processes: noProcesses, now };
  }
  let people = 0;
  /** Somebody who has accepted their invitation and is signed in, in a browser. */
  async function join(roles: Role[] = ['operator']) {
    people += 1;
    const email = `person${people}@example.test`;
    const admin = await contextOf(house.people.administrator.id);
    const invited = await createInvitation(admin, { name: `第${people}人`, email, unit: '零售部', roles });
    const at = browser();
    const entry = at.keep(await acceptInvitation(arrival, { token: invited.token, password }, at.visitor()));
    if (entry.kind !== 'in') throw new Error(`The invitation led to ${entry.kind}.`);
    return { id: invited.staffId, email, at, sessionId: entry.sessionId, ctx: await contextOf(invited.staffId) };
  }
  /** What the API says to this browser: the status, and the code of a refusal. */
  async function me(at: Browser, options: { method?: 'GET' | 'POST'; path?: string; headers?: object } = {}) {
    const { method = 'GET', path = '/api/v1/me', headers = {} } = options;
    const response = await house.app.inject({
      method,
      url: path,
      headers: { ...(at.visitor().headers as Record<string, string>), ...headers },
      ...(method === 'POST' && { payload: {} }),
    });
    return { status: response.statusCode, code: response.json<{ code?: string }>().code, headers: response.headers };
  }
  return { ...house, arrival, clock, turns: () => taken, contextOf, join, me };
}

/** What an authenticator app shows for an otpauth URI at that time (RFC 6238). */
export function codeOf(uri: string, at = Date.now()): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  const bits = Array.from(secret, (letter) => letters.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const offset = (hash.at(-1) ?? 0) & 15;
  return String((hash.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0');
}

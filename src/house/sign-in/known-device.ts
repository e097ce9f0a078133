import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Visitor } from './answer.ts';

const keptDays = 180;

type Keyed = { keyedHash(text: string): string };

const nameFor = (emailHash: string): string => `waihu-device-${emailHash.slice(0, 12)}`;
const sealOf = (keyed: Keyed, emailHash: string, device: string): string =>
  keyed.keyedHash(`device ${emailHash} ${device}`).slice(0, 43);

/**
 * The device with which this person has signed in before, or null. Wrong passwords that strangers give lock the account for
 * unknown devices only: nobody can lock somebody else out of the browser they work with.
 */
export function knownDevice(keyed: Keyed, emailHash: string, { headers }: Visitor): string | null {
  const wanted = `${nameFor(emailHash)}=`;
  const given = (headers.cookie ?? '').split(/;\s*/).find((part) => part.startsWith(wanted));
  const [device = '', seal = ''] = (given?.slice(wanted.length) ?? '').split('.');
  if (!/^[\w-]{22}$/.test(device)) return null;
  const right = Buffer.from(sealOf(keyed, emailHash, device));
  const offered = Buffer.from(seal);
  return offered.length === right.length && timingSafeEqual(offered, right) ? device : null;
}

/** The cookie that makes this browser known for the person; it opens nothing. */
export function deviceCookie(keyed: Keyed, emailHash: string, secure: boolean): string {
  const device = randomBytes(16).toString('base64url');
  const value = `${device}.${sealOf(keyed, emailHash, device)}`;
  const age = keptDays * 86_400;
  return `${nameFor(emailHash)}=${value}; Max-Age=${age}; Path=/sign-in; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

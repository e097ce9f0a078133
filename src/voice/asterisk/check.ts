import { WebSocket } from 'ws';
import type { Answer } from './answer.ts';
import { eventsUrl } from './line.ts';
import { basicOf, openRest } from './rest.ts';
import { trunkOf, type AsteriskSettings } from './settings.rule.ts';

export type CheckFault =
  | 'refused'
  | 'unknown-host'
  | 'certificate'
  | 'no-answer'
  | 'login'
  | 'forbidden'
  | 'not-ari'
  | 'events'
  | 'old'
  | 'trunk';
/** `trunkState`: as the PBX has it, null where the dial string names no trunk. */
export type AsteriskCheck =
  | { kind: 'good'; version: string; trunk: string | null; trunkState: string | null }
  | { kind: 'fault'; fault: CheckFault; version: string | null; trunk: string | null };

/** The oldest with the deadlocks of ARI originates mended (asterisk #1936, #1872, #1946). */
const oldest = { 22: 11, 20: 21 } as const;

export function isTooOld(version: string): boolean {
  const [, major, minor] = /^(?:certified\/)?(\d+)\.(\d+)/.exec(version) ?? [];
  // A version of their own making says no number: it is let through.
  if (major === undefined || minor === undefined) return false;
  const least = oldest[Number(major) as keyof typeof oldest];
  return least === undefined ? Number(major) < 22 : Number(minor) < least;
}

/** Which mending an answer that is none asks for. */
function faultOf(answer: Answer): CheckFault | null {
  if ('fault' in answer) {
    const { fault } = answer;
    if (fault === 'ECONNREFUSED') return 'refused';
    if (fault === 'ENOTFOUND' || fault === 'EAI_AGAIN') return 'unknown-host';
    if (/CERT|SIGNATURE|ISSUER|EPROTO|SSL/.test(fault)) return 'certificate';
    return 'no-answer';
  }
  if (answer.status === 401) return 'login';
  if (answer.status === 403) return 'forbidden';
  return answer.status === 200 && answer.body !== null ? null : 'not-ari';
}

/**
 * Asks the PBX for what the driver needs, one after the other: an answer, the login, the version, the trunk, the event stream. The stream is
 * opened under a name of its own: under the account's, whoever holds the line would be thrown off it.
 */
export async function checkAsterisk(settings: AsteriskSettings, password: string): Promise<AsteriskCheck> {
  const authorization = basicOf(settings.user, password);
  const rest = openRest(settings, authorization);
  const trunk = trunkOf(settings.dialString);
  try {
    const info = await rest.ask('GET', '/asterisk/info');
    const bad = (fault: CheckFault, version: string | null) => ({ kind: 'fault' as const, fault, version, trunk });
    const fault = faultOf(info);
    if (fault !== null) return bad(fault, null);
    const { system } = ('body' in info ? info.body : {}) as { system?: { version?: string } };
    const version = system?.version;
    if (version === undefined) return bad('not-ari', null);
    if (isTooOld(version)) return bad('old', version);
    const endpoint = trunk === null ? null : await rest.ask('GET', `/endpoints/${trunk}`);
    if (endpoint !== null && faultOf(endpoint) !== null) return bad('trunk', version);
    const name = `${settings.application}-check`;
    if (!(await opens(eventsUrl(settings.url, name), authorization, settings.timeoutMs))) return bad('events', version);
    const state = endpoint !== null && 'body' in endpoint ? (endpoint.body as { state?: string }).state : null;
    return { kind: 'good', version, trunk, trunkState: state ?? null };
  } finally {
    await rest.close();
  }
}

function opens(url: string, authorization: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers: { authorization }, handshakeTimeout: timeoutMs });
    socket.on('open', () => {
      resolve(true);
      socket.close();
    });
    socket.on('error', () => resolve(false));
  });
}

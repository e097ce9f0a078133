import { askedOf, askedWithId, endedOf } from './answer.ts';
import type { Rest } from './rest.ts';
import type { Dialer } from '../dialer.ts';

/** Slashes make folders at the PBX and stay as they are: escaped, they are refused with 400. */
function pathOf(name: string): string {
  if (!/^[\w-]+(?:\/[\w-]+)*$/.test(name)) throw new TypeError('A recording is named by ids and slashes.');
  return name;
}

/** Recordings are of bridges: they hear everybody, and outlast the change of a leg. */
export function recordingsOf(
  rest: Rest,
  application: string,
): Pick<Dialer, 'record' | 'stopRecording' | 'recording' | 'deleteRecording'> {
  return {
    async record(bridgeId, name) {
      // Subscribed by name: else its end is told to nobody once the last leg of ours has left the bridge.
      const source = { eventSource: `bridge:${bridgeId}` };
      const heard = askedOf(await rest.ask('POST', `/applications/${application}/subscription`, source));
      // 422: there is no such bridge.
      if (heard.kind !== 'done')
        return heard.kind === 'refused' && heard.code === 'http-422' ? { kind: 'gone' } : heard;
      // 409 is a name that is taken: by the request before this one.
      const wanted = { name: pathOf(name), format: 'wav', ifExists: 'fail' };
      return askedWithId(await rest.ask('POST', `/bridges/${encodeURIComponent(bridgeId)}/record`, wanted));
    },
    // POST …/stop keeps the sound; DELETE would throw it away.
    stopRecording: async (name) => endedOf(await rest.ask('POST', `/recordings/live/${pathOf(name)}/stop`)),
    recording: (name) => rest.bytes(`/recordings/stored/${pathOf(name)}/file`),
    deleteRecording: async (name) => endedOf(await rest.ask('DELETE', `/recordings/stored/${pathOf(name)}`)),
  };
}

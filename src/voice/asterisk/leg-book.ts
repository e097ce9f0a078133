import type { CallEvent, HungUpBy, RecordingEvent } from '../dialer.ts';
import { dispositionOf } from '../disposition.rule.ts';
import type { AriEvent } from './event.rule.ts';

type Leg = {
  isAgent: boolean | null;
  wasRinging: boolean;
  isUp: boolean;
  wasAnswered: boolean;
  wasHangupRequested: boolean;
  weHungUp: boolean;
  dialStatus: string | null;
};
type Told = CallEvent | RecordingEvent;

/** What Waihu dials has a UUID as its channel's id; Asterisk's own are numbers with a dot, and a snoop's has our prefix. */
export const isLegId = (id: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

/** Written into a channel's Stasis arguments: after a restart of ours the channel itself still says whose it is. */
export const roles = { agent: 'agent', customer: 'customer' } as const;

/** Words of the Dial event that say nothing about its end. */
const underway: ReadonlySet<string> = new Set(['', 'RINGING', 'PROGRESS', 'PROCEEDING']);

/**
 * Turns Asterisk's events into what happens to legs. It remembers what was seen of each leg until its end. A leg that it did not see begin
 * (this process started later) is judged by what its last events carry.
 */
export function createLegBook(now: () => Date = () => new Date()) {
  const legs = new Map<string, Leg>();

  function legOf(id: string): Leg {
    const known = legs.get(id);
    if (known) return known;
    const leg = {
      isAgent: null,
      wasRinging: false,
      isUp: false,
      wasAnswered: false,
      wasHangupRequested: false,
      weHungUp: false,
      dialStatus: null,
    };
    legs.set(id, leg);
    return leg;
  }

  function ringing(id: string): Told[] {
    const leg = legOf(id);
    // Dial RINGING and ChannelStateChange Ringing both come, in either order.
    if (leg.wasRinging) return [];
    leg.wasRinging = true;
    return [{ kind: 'ringing', leg: id, at: now() }];
  }

  function answered(id: string): Told[] {
    const leg = legOf(id);
    if (leg.wasAnswered) return [];
    leg.wasAnswered = true;
    return [{ kind: 'answered', leg: id, at: now() }];
  }

  function stateChanged({ id, state }: { id: string; state: string }): Told[] {
    if (state === 'Ringing') return ringing(id);
    // Up comes some milliseconds before StasisStart, and until that the channel takes no order: `answered` waits for it.
    if (state === 'Up') legOf(id).isUp = true;
    return [];
  }

  function destroyed(event: Extract<AriEvent, { type: 'ChannelDestroyed' }>): Told[] {
    const { channel } = event;
    const leg = legOf(channel.id);
    legs.delete(channel.id);
    const isUp = leg.isUp || leg.wasAnswered || channel.state === 'Up';
    const at = now();
    const before: Told[] = isUp && !leg.wasAnswered ? [{ kind: 'answered', leg: channel.id, at }] : [];
    const sipCode = event.tech_cause ?? null;
    const disposition = dispositionOf({
      ...leg,
      wasRinging: leg.wasRinging || channel.state === 'Ringing',
      wasAnswered: isUp,
      cause: event.cause,
      sipCode,
    });
    const engineText = [event.cause_txt, leg.dialStatus ?? ''].filter((text) => text !== '').join(' / ') || null;
    const end = { disposition, sipCode, cause: event.cause, engineText, hungUpBy: whoHungUp(leg, channel, isUp) };
    return [...before, { kind: 'ended', leg: channel.id, at, end }];
  }

  function dialled({ dialstatus, peer }: Extract<AriEvent, { type: 'Dial' }>): Told[] {
    const leg = legOf(peer.id);
    if (!underway.has(dialstatus)) leg.dialStatus = dialstatus;
    return dialstatus === 'RINGING' ? ringing(peer.id) : [];
  }

  function ofChannel(event: AriEvent): Told[] {
    switch (event.type) {
      case 'Dial':
        return isLegId(event.peer.id) ? dialled(event) : [];
      case 'ChannelStateChange':
        return stateChanged(event.channel);
      case 'StasisStart':
        return answered(event.channel.id);
      case 'ChannelDtmfReceived':
        return [{ kind: 'key', leg: event.channel.id, at: now(), digit: event.digit }];
      case 'ChannelHangupRequest':
        legOf(event.channel.id).wasHangupRequested = true;
        return [];
      case 'ChannelDestroyed':
        return destroyed(event);
      case 'ChannelEnteredBridge':
        return event.channel === undefined
          ? []
          : [{ kind: 'bridged', leg: event.channel.id, at: now(), bridgeId: event.bridge.id }];
      default:
        return [];
    }
  }

  return {
    /** A dial that is about to be asked for. */
    dialling: (id: string, isAgent: boolean) => void (legOf(id).isAgent = isAgent),
    /** A hang-up that is about to be asked for. */
    hangingUp: (id: string) => {
      const leg = legs.get(id);
      if (leg) leg.weHungUp = true;
    },
    /** A dial that surely did not come through. */
    forget: (id: string) => void legs.delete(id),
    hear(event: AriEvent): Told[] {
      if (event.type === 'PlaybackFinished') return played(event.playback, now());
      if (event.type === 'RecordingFinished' || event.type === 'RecordingFailed') return [recorded(event, now())];
      if ('channel' in event && event.channel !== undefined && !isLegId(event.channel.id)) return [];
      return ofChannel(event);
    },
  };
}

function whoHungUp(
  leg: Leg,
  channel: { dialplan?: { app_name: string; app_data: string } | undefined },
  isUp: boolean,
): HungUpBy | null {
  if (leg.weHungUp) return 'us';
  // Nobody asked: our ring time-out, or Asterisk itself gave the channel up (no sound any more, a stop of its own).
  if (!leg.wasHangupRequested) return isUp ? 'engine' : 'us';
  const isAgent = leg.isAgent ?? roleOf(channel.dialplan);
  return isAgent === null ? null : isAgent ? 'agent' : 'customer';
}

/** `waihu,agent`: application and arguments of a channel that is in Stasis. */
function roleOf(dialplan: { app_name: string; app_data: string } | undefined): boolean | null {
  if (dialplan?.app_name !== 'Stasis') return null;
  const role = dialplan.app_data.split(',')[1];
  return role === roles.agent ? true : role === roles.customer ? false : null;
}

function played({ id, target_uri: target }: { id: string; target_uri: string }, at: Date): Told[] {
  const leg = /^channel:(.+)$/.exec(target)?.[1];
  return leg !== undefined && isLegId(leg) ? [{ kind: 'played', leg, at, playId: id }] : [];
}

function recorded(event: Extract<AriEvent, { type: 'RecordingFinished' | 'RecordingFailed' }>, at: Date): Told {
  const { name, duration, cause } = event.recording;
  const failure = event.type === 'RecordingFailed' ? (cause ?? 'failed') : null;
  return { kind: 'recorded', at, name, seconds: duration ?? null, failure };
}

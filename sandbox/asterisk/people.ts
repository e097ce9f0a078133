import { pick } from '../draw.ts';
import { refusalOf, type Channel } from './channel.ts';
import type { Pbx, Wanted } from './pbx.ts';
import type { CustomerScript, Fate } from './scenario.ts';

/** What an endpoint is: a customer behind the trunk, a phone of the house, or nothing that this PBX knows. */
function readEndpoint(endpoint: string): { kind: 'customer' | 'agent'; number: string; trunk: string } | null {
  const customer = /^PJSIP\/(\+?\d{3,20})@(carrier)$/.exec(endpoint);
  if (customer) return { kind: 'customer', number: customer[1] ?? '', trunk: 'PJSIP/carrier' };
  const agent = /^PJSIP\/(\d{3,5})$/.exec(endpoint)?.[1];
  return agent === undefined ? null : { kind: 'agent', number: agent, trunk: `PJSIP/${agent}` };
}

/** Of a draw about a call: the number, and its how-manieth call it is. Neither order nor concurrency changes anybody's fate. */
const keyOf = ({ entry }: Channel): string => `${entry?.number}/${entry?.nth}`;

/** The people at the other ends: customers who answer or do not, agents' phones. All by the seed, number by number and call by call. */
export function createPeople(pbx: Pbx) {
  const scriptOf = (channel: Channel): CustomerScript => pbx.scenario.customers[channel.entry?.number ?? ''] ?? {};

  function fateOf(number: string): Fate {
    const nth = pbx.witness.timesCalled(number);
    const fates = pbx.scenario.customers[number]?.fates;
    if (fates) return fates[Math.min(nth, fates.length - 1)] ?? 'answer';
    return pick(pbx.scenario.fates, pbx.drawn('fate', number, String(nth)));
  }

  function callCustomer(channel: Channel, fate: Fate): void {
    const { scenario } = pbx;
    const key = keyOf(channel);
    if (fate === 'silent') return;
    const refusal = refusalOf(fate);
    if (!refusal || refusal.rings)
      pbx.after(channel, pbx.delay(scenario.progressMs, 'progress', key), () => pbx.ring(channel));
    const progress = pbx.delay(scenario.progressMs, 'progress', key);
    if (refusal) {
      const until = progress + pbx.delay(scenario.refuseMs, 'refuse', key);
      const { cause, sipCode, dialStatus } = refusal;
      pbx.after(channel, until, () => pbx.end(channel, { by: 'far', cause, sipCode, dialStatus, requestCause: cause }));
      return;
    }
    if (fate === 'no-answer') return;
    const ring = scriptOf(channel).ringMs ?? pbx.delay(scenario.ringMs, 'ring', key);
    pbx.after(channel, progress + ring + 1, () => pbx.answer(channel));
  }

  function callPhone(channel: Channel, extension: string): void {
    const { phones } = pbx.scenario;
    const script = pbx.phone(extension);
    pbx.after(channel, 20, () => pbx.ring(channel));
    if (script?.answers === 'rejects') {
      const { cause, sipCode, dialStatus } = { cause: 21, sipCode: 603, dialStatus: 'NOANSWER' };
      pbx.after(channel, 200, () => pbx.end(channel, { by: 'far', cause, sipCode, dialStatus, requestCause: cause }));
      return;
    }
    const never = script ? script.answers === 'never' : pbx.drawn('never', extension) < phones.never;
    if (never) return;
    // A phone picks up by itself only when the call asks for it, and the phone allows it.
    const isAuto = channel.isAutoAnswered && script?.answers !== 'manual';
    const usual = pbx.delay(isAuto ? phones.answerMs : phones.manualMs, 'pick-up', channel.id);
    pbx.after(channel, 21 + (script?.answerMs ?? usual), () => pbx.answer(channel));
  }

  /** Waits for a voice, and hangs up when none comes. */
  function wait(channel: Channel): void {
    if (channel.kind !== 'customer') return;
    pbx.cancel(channel, channel.mood);
    const patience = scriptOf(channel).patienceMs ?? pbx.delay(pbx.scenario.patienceMs, 'patience', keyOf(channel));
    channel.mood = pbx.after(channel, patience, () => pbx.hangUpByFar(channel));
  }

  function pressKeys(channel: Channel): void {
    const { keys } = pbx.scenario;
    const script = scriptOf(channel).keys;
    const isDrawn = pbx.drawn('keys', keyOf(channel)) < keys.share;
    const digits = script ?? (isDrawn ? pick(keys.weights, pbx.drawn('digit', keyOf(channel))) : '');
    let at = 0;
    for (const [index, digit] of Array.from(digits)
      .slice(channel.entry?.keys.length ?? 0)
      .entries()) {
      at += pbx.delay(keys.delayMs, 'key', keyOf(channel), String(index));
      pbx.after(channel, at, () => pbx.press(channel, digit));
    }
  }

  return {
    /** Null: the channel cannot be made, because there is no such trunk or the phone is not registered. */
    call(wanted: Wanted): Channel | null {
      const to = readEndpoint(wanted.endpoint);
      if (!to || (to.kind === 'agent' && pbx.phone(to.number)?.answers === 'gone')) return null;
      const fate = to.kind === 'customer' ? fateOf(to.number) : 'phone';
      const channel = pbx.make(
        {
          id: wanted.id,
          kind: to.kind,
          app: wanted.app,
          args: wanted.appArgs === '' ? [] : wanted.appArgs.split(','),
          dialString: wanted.endpoint.replace(/^PJSIP\//, ''),
          callerId: wanted.callerId,
          isAutoAnswered: wanted.isAutoAnswered,
        },
        to.trunk,
      );
      const { kind, number } = to;
      channel.entry = pbx.witness.took({ channelId: wanted.id, kind, number, callerId: wanted.callerId, fate });
      // Before or after the answer to the request: both happen.
      if (pbx.drawn('first', wanted.id) < 0.5) pbx.dialEvent(channel, '');
      else pbx.after(channel, 5 * pbx.scenario.timeScale, () => pbx.dialEvent(channel, ''));
      pbx.after(channel, wanted.timeoutSeconds * 1_000, () => {
        if (channel.state !== 'Up') pbx.end(channel, { by: 'time-out', cause: 19, sipCode: 480, requestCause: null });
      });
      if (fate === 'phone') callPhone(channel, number);
      else callCustomer(channel, fate);
      return channel;
    },

    answered(channel: Channel): void {
      if (channel.kind !== 'customer') return;
      const { hangsUpAtOnce, voiceMailMs } = pbx.scenario;
      const key = keyOf(channel);
      if (channel.entry?.fate === 'voice-mail') {
        pbx.after(channel, pbx.delay(voiceMailMs, 'voice-mail', key), () => pbx.hangUpByFar(channel));
      } else if (pbx.drawn('at-once', key) < hangsUpAtOnce.share) {
        pbx.after(channel, pbx.delay(hangsUpAtOnce.afterMs, 'at-once-after', key), () => pbx.hangUpByFar(channel));
      } else wait(channel);
    },

    /** A sound begins for somebody: they listen, and perhaps press keys. */
    hears(channel: Channel, media: string, lengthMs: number): void {
      channel.entry?.heard.push(media);
      if (channel.kind !== 'customer' || channel.entry?.fate === 'voice-mail') return;
      if (channel.bridgeId === null && channel.mood !== null) {
        pbx.cancel(channel, channel.mood);
        channel.mood = pbx.after(channel, lengthMs, () => wait(channel));
      }
      pressKeys(channel);
    },

    /** Together with somebody in a bridge. */
    met(channel: Channel): void {
      if (channel.entry) channel.entry.bridgedAt ??= pbx.now();
      if (channel.kind === 'agent') {
        const script = pbx.phone(channel.entry?.number ?? '');
        const { share, afterMs } = pbx.scenario.phones.drops;
        const drawn =
          pbx.drawn('drop', channel.bridgeId ?? '') < share
            ? pbx.delay(afterMs, 'drop-after', channel.bridgeId ?? '')
            : null;
        const after = script?.dropAfterMs ?? drawn;
        if (after !== null) pbx.after(channel, after, () => channel.bridgeId !== null && pbx.hangUpByFar(channel));
      }
      if (channel.kind !== 'customer' || channel.entry?.fate === 'voice-mail') return;
      pbx.cancel(channel, channel.mood);
      const talk = scriptOf(channel).talkMs ?? pbx.delay(pbx.scenario.talkMs, 'talk', keyOf(channel));
      const ends = scriptOf(channel).endsTalk ?? pbx.drawn('ends', keyOf(channel)) < pbx.scenario.customerEnds;
      channel.mood = pbx.after(channel, ends ? talk : talk * 3, () => pbx.hangUpByFar(channel));
    },

    /** The other side has left, and nobody says anything any more. */
    alone: wait,
    stateOf: (endpoint: string): 'online' | 'offline' | null => {
      const to = readEndpoint(endpoint.includes('/carrier') ? 'PJSIP/10086@carrier' : endpoint);
      return to === null ? null : pbx.phone(to.number)?.answers === 'gone' ? 'offline' : 'online';
    },
  };
}

import { askedOf, askedWithId, endedOf, foundOf, legState } from './answer.ts';
import { createLegBook, isLegId, roles } from './leg-book.ts';
import { eventsUrl, openLine, type Line } from './line.ts';
import { recordingsOf } from './recordings.ts';
import { basicOf, openRest } from './rest.ts';
import { endpointOf, type AsteriskSettings } from './settings.rule.ts';
import { createSupervisions } from './supervision.ts';
import type { Asked, Dial, Dialer, Heard, LegState } from '../dialer.ts';

/**
 * Header for phones that pick up by themselves: one for those that read Call-Info (RFC 5373 and most makers), one for those that read
 * Alert-Info (Yealink and others). docs/asterisk.md says what the phone must allow.
 */
const autoAnswer = {
  'PJSIP_HEADER(add,Call-Info)': '<sip:waihu>;answer-after=0',
  'PJSIP_HEADER(add,Alert-Info)': '<sip:waihu>;info=alert-autoanswer',
};
const id = encodeURIComponent;

/** A dialer that speaks ARI with an Asterisk 22 of the house. Nothing is connected before `listen`. */
export function createAsteriskDialer(settings: AsteriskSettings, password: string): Dialer {
  const { application } = settings;
  const authorization = basicOf(settings.user, password);
  const rest = openRest(settings, authorization);
  const book = createLegBook();
  let line: Line | null = null;
  const supervisions = createSupervisions(rest, application);

  async function hangUp(leg: string): Promise<Asked> {
    book.hangingUp(leg);
    return endedOf(await rest.ask('DELETE', `/channels/${id(leg)}`, { reason: 'normal' }));
  }

  async function bridge(bridgeId: string, legs: readonly string[]): Promise<Asked> {
    const made = askedOf(await rest.ask('POST', `/bridges/${id(bridgeId)}`, { type: 'mixing' }));
    if (made.kind !== 'done') return made;
    return askedOf(await rest.ask('POST', `/bridges/${id(bridgeId)}/addChannel`, { channel: legs.join(',') }));
  }

  /** Events that come by the hundred and tell nothing are left at the PBX; it forgets the filter with each connection. */
  async function prepare(): Promise<boolean> {
    const filter = {
      disallowed: [{ type: 'ChannelVarset' }, { type: 'ChannelConnectedLine' }, { type: 'ChannelDialplan' }],
    };
    const answer = await rest.ask('PUT', `/applications/${id(application)}/eventFilter`, filter);
    return 'status' in answer && answer.status < 300;
  }

  return {
    async dial(dial) {
      if (!line?.isUp()) return { kind: 'refused', disposition: 'not-dialled', code: 'line-down' };
      const isAgent = 'extension' in dial.to;
      book.dialling(dial.leg, isAgent);
      const asked = askedWithId(await rest.ask('POST', '/channels', originate(settings, dial, isAgent)));
      if (asked.kind === 'refused') book.forget(dial.leg);
      // There is nothing to be gone before it was made: a 404 is a path that this PBX does not have.
      return asked.kind === 'gone' ? { kind: 'refused', disposition: 'config', code: 'http-404' } : asked;
    },
    hangUp,
    async play(leg, playId, media) {
      return askedWithId(await rest.ask('POST', `/channels/${id(leg)}/play/${id(playId)}`, { media }));
    },
    stopPlaying: async (playId) => endedOf(await rest.ask('DELETE', `/playbacks/${id(playId)}`)),
    hold: async (leg, on) => askedOf(await rest.ask(on ? 'POST' : 'DELETE', `/channels/${id(leg)}/moh`)),
    bridge,
    async leaveBridge(bridgeId, leg) {
      const answer = await rest.ask('POST', `/bridges/${id(bridgeId)}/removeChannel`, { channel: leg });
      // 422: it is not in there, which is what was wanted.
      return 'status' in answer && answer.status === 422 ? { kind: 'done' } : askedOf(answer);
    },
    endBridge: async (bridgeId) => endedOf(await rest.ask('DELETE', `/bridges/${id(bridgeId)}`)),
    ...recordingsOf(rest, application),
    async supervise(how, of, by) {
      if (how !== 'barge') return supervisions.begin(how, of.leg, by);
      await supervisions.end(by);
      return bridge(of.bridgeId, [by]);
    },
    async endSupervision(by) {
      await supervisions.end(by);
      return hangUp(by);
    },
    find: async (leg) => foundOf(await rest.ask('GET', `/channels/${id(leg)}`)),
    async legs() {
      const [channels, own] = await Promise.all([
        rest.ask('GET', '/channels'),
        rest.ask('GET', `/applications/${id(application)}`),
      ]);
      return livingOf(channels, own);
    },
    listen(hear) {
      if (line) throw new Error('This dialer has its listener already.');
      const say = (kind: 'restored' | 'lost' | 'replaced') => hear({ kind, at: new Date() });
      line = openLine(eventsUrl(settings.url, application), authorization, settings.timeoutMs, {
        event: (event) => {
          if (event.type === 'StasisStart') supervisions.started(event.channel.id);
          for (const told of book.hear(event) satisfies Heard[]) hear(told);
        },
        opened: prepare,
        up: () => say('restored'),
        down: () => say('lost'),
        replaced: () => say('replaced'),
      });
    },
    async close() {
      line?.close();
      await rest.close();
    },
  };
}

function originate(settings: AsteriskSettings, dial: Dial, isAgent: boolean): object {
  return {
    endpoint: 'phone' in dial.to ? endpointOf(settings, dial.to.phone) : dial.to.extension,
    app: settings.application,
    appArgs: isAgent ? roles.agent : roles.customer,
    channelId: dial.leg,
    callerId: dial.callerNumber,
    timeout: dial.ringSeconds,
    variables: dial.autoAnswer ? autoAnswer : {},
  };
}

type Answered = Awaited<ReturnType<ReturnType<typeof openRest>['ask']>>;

/** Living legs of ours: channels with an id of ours that the application is subscribed to, as each that it dialled is. */
function livingOf(channels: Answered, own: Answered): ReadonlyMap<string, LegState> {
  if (!('status' in channels) || channels.status !== 200) throw new Error('The PBX does not tell which channels live.');
  if (!('status' in own) || (own.status !== 200 && own.status !== 404))
    throw new Error('The PBX does not tell which channels are ours.');
  const subscribed = new Set((own.body as { channel_ids?: string[] } | null)?.channel_ids);
  const living = (channels.body as { id: string; state: string }[]).filter(
    (channel) => isLegId(channel.id) && subscribed.has(channel.id),
  );
  return new Map(living.map((channel) => [channel.id, legState(channel.state)]));
}

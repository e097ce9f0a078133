import { delayFor, draw, type Delay } from '../draw.ts';
import { createApps } from './apps.ts';
import { causeText, channelJson, type Channel } from './channel.ts';
import type { CallScenario, PhoneScript } from './scenario.ts';
import { createCallWitness } from './witness.ts';

export type PbxOptions = {
  /** The scenario in force, wherever it is kept. */
  scenario: { read(): CallScenario; write(scenario: CallScenario): void };
  folder: string | undefined;
  now: () => number;
};
/** What the rest of the switch does when something happens to a channel. */
type Hooks = { answered(channel: Channel): void; ending(channel: Channel): void; crashed(): void };
export type Wanted = {
  id: string;
  endpoint: string;
  app: string;
  appArgs: string;
  callerId: string;
  timeoutSeconds: number;
  isAutoAnswered: boolean;
};
export type End = {
  by: 'app' | 'far' | 'time-out' | 'pbx';
  cause: number;
  sipCode: number | null;
  dialStatus?: string;
  /** Of the ChannelHangupRequest; null when nobody asks. Never the final cause when we ask. */
  requestCause: number | null;
};

/** The channels, and what is told about them. */
export function createPbx({ scenario, folder, now }: PbxOptions) {
  const apps = createApps(now);
  const channels = new Map<string, Channel>();
  const witness = createCallWitness(folder, now);
  let sequence = 0;

  const pbx = {
    on: { answered: nothing, ending: nothing, crashed: nothing } as Hooks,
    get scenario() {
      return scenario.read();
    },
    set scenario(changed) {
      scenario.write(changed);
    },
    apps,
    channels,
    witness,
    now,
    startedAt: now(),
    drawn: (purpose: string, ...keys: string[]): number => draw(pbx.scenario.seed, purpose, ...keys),
    delay: (delay: Delay, purpose: string, ...keys: string[]): number => delayFor(delay, pbx.drawn(purpose, ...keys)),
    /** Does something with a living channel later, in the scenario's time. */
    after(channel: Channel, ms: number, work: () => void): NodeJS.Timeout {
      const timer = setTimeout(() => {
        channel.timers.delete(timer);
        work();
      }, ms / pbx.scenario.timeScale);
      channel.timers.add(timer);
      return timer;
    },
    cancel(channel: Channel, timer: NodeJS.Timeout | null): void {
      if (timer === null) return;
      clearTimeout(timer);
      channel.timers.delete(timer);
    },
    make(
      made: Pick<Channel, 'id' | 'kind' | 'app' | 'args' | 'dialString'> & Partial<Channel>,
      label: string,
    ): Channel {
      sequence += 1;
      const channel: Channel = {
        name: `${label}-${sequence.toString(16).padStart(8, '0')}`,
        state: 'Down',
        isInStasis: false,
        callerId: '',
        createdAt: now(),
        bridgeId: null,
        snooped: null,
        entry: null,
        isAutoAnswered: false,
        timers: new Set(),
        mood: null,
        ...made,
      };
      channels.set(channel.id, channel);
      apps.subscribe(channel.app, { channel: channel.id });
      return channel;
    },
    dialEvent: (channel: Channel, dialstatus: string): void =>
      apps.ofChannel(channel.id, {
        type: 'Dial',
        dialstatus,
        forward: '',
        dialstring: channel.dialString,
        peer: channelJson(channel),
      }),
    stateEvent: (channel: Channel): void =>
      apps.ofChannel(channel.id, { type: 'ChannelStateChange', channel: channelJson(channel) }),
    /** Into the application: only now does the channel take orders. Without a listener there is no application, and no dialplan either. */
    enterStasis(channel: Channel): void {
      if (!apps.isActive(channel.app))
        return pbx.end(channel, { by: 'pbx', cause: 16, sipCode: null, requestCause: null });
      channel.isInStasis = true;
      apps.ofChannel(channel.id, { type: 'StasisStart', args: channel.args, channel: channelJson(channel) });
    },
    ring(channel: Channel): void {
      channel.state = 'Ringing';
      if (channel.entry) channel.entry.ringingAt = now();
      const both = [() => pbx.dialEvent(channel, 'RINGING'), () => pbx.stateEvent(channel)];
      for (const say of pbx.drawn('order', channel.id) < 0.5 ? both : both.toReversed()) say();
    },
    answer(channel: Channel): void {
      channel.state = 'Up';
      if (channel.entry) channel.entry.answeredAt = now();
      pbx.stateEvent(channel);
      pbx.dialEvent(channel, 'ANSWER');
      for (const variable of ['ANSWEREDTIME', 'DIALEDTIME'])
        apps.ofChannel(channel.id, { type: 'ChannelVarset', variable, value: '', channel: channelJson(channel) });
      // Real channels need a moment between Up and the application.
      setTimeout(() => {
        if (channels.get(channel.id) === channel) {
          pbx.enterStasis(channel);
          if (channels.get(channel.id) === channel) pbx.on.answered(channel);
        }
      }, 2);
    },
    end(channel: Channel, end: End): void {
      if (channels.get(channel.id) !== channel) return;
      for (const timer of channel.timers) clearTimeout(timer);
      channel.timers.clear();
      if (end.requestCause !== null) {
        const tech = end.by === 'far' && end.sipCode !== null ? { tech_cause: end.sipCode } : {};
        apps.ofChannel(channel.id, {
          type: 'ChannelHangupRequest',
          cause: end.requestCause,
          ...tech,
          channel: channelJson(channel),
        });
      }
      pbx.on.ending(channel);
      if (channel.isInStasis) apps.ofChannel(channel.id, { type: 'StasisEnd', channel: channelJson(channel) });
      else if (end.dialStatus !== undefined) pbx.dialEvent(channel, end.dialStatus);
      apps.ofChannel(channel.id, {
        type: 'ChannelDestroyed',
        cause: end.cause,
        cause_txt: causeText[end.cause] ?? 'Unknown',
        ...(end.sipCode !== null && { tech_cause: end.sipCode }),
        channel: channelJson(channel),
      });
      channels.delete(channel.id);
      apps.forget({ channel: channel.id });
      if (channel.entry) witness.ended(channel.entry, { endedBy: end.by, cause: end.cause, sipCode: end.sipCode });
      for (const snoop of [...channels.values()].filter(({ snooped }) => snooped === channel.id)) pbx.end(snoop, gone);
    },
    hangUpByApp(channel: Channel, cause: number): void {
      const dialStatus = channel.state === 'Up' ? {} : { dialStatus: 'NOANSWER' };
      pbx.end(channel, { by: 'app', cause, sipCode: null, requestCause: 32, ...dialStatus });
    },
    hangUpByFar: (channel: Channel): void =>
      pbx.end(channel, { by: 'far', cause: 16, sipCode: null, requestCause: 16 }),
    press(channel: Channel, digit: string): void {
      if (channel.entry) channel.entry.keys += digit;
      apps.ofChannel(channel.id, {
        type: 'ChannelDtmfReceived',
        digit,
        duration_ms: 280,
        channel: channelJson(channel),
      });
    },
    phone: (extension: string): PhoneScript | null => pbx.scenario.extensions[extension] ?? null,
    /** All is gone at once and nobody is told: a crash, or `core restart now`. */
    restart(): void {
      for (const channel of channels.values()) {
        for (const timer of channel.timers) clearTimeout(timer);
        if (channel.entry) witness.ended(channel.entry, { endedBy: 'pbx', cause: null, sipCode: null });
      }
      channels.clear();
      pbx.on.crashed();
      apps.clear();
      pbx.startedAt = now();
    },
    stop(): void {
      for (const channel of channels.values()) for (const timer of channel.timers) clearTimeout(timer);
      apps.clear();
    },
  };
  return pbx;
}
const nothing = () => undefined;
const gone: End = { by: 'pbx', cause: 16, sipCode: null, requestCause: null };

export type Pbx = ReturnType<typeof createPbx>;

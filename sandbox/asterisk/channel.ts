import { ariTime } from './apps.ts';
import type { Originate } from './witness.ts';

export type ChannelState = 'Down' | 'Ringing' | 'Up';

/** A channel of the PBX: a leg that was dialled, or a snoop on one. */
export type Channel = {
  id: string;
  name: string;
  kind: 'customer' | 'agent' | 'snoop';
  state: ChannelState;
  app: string;
  args: string[];
  isInStasis: boolean;
  callerId: string;
  dialString: string;
  createdAt: number;
  bridgeId: string | null;
  /** Of a snoop: whom it hears. */
  snooped: string | null;
  entry: Originate | null;
  isAutoAnswered: boolean;
  timers: Set<NodeJS.Timeout>;
  /** Its present wait for a voice, or its talk: the next one replaces it. */
  mood: NodeJS.Timeout | null;
};

/** A channel as ARI writes it. */
export function channelJson(channel: Channel) {
  return {
    id: channel.id,
    name: channel.name,
    state: channel.state,
    protocol_id: '',
    caller: { name: '', number: channel.kind === 'snoop' ? '' : channel.callerId },
    connected: { name: '', number: '' },
    accountcode: '',
    dialplan: channel.isInStasis
      ? {
          context: 'default',
          exten: 's',
          priority: 1,
          app_name: 'Stasis',
          app_data: [channel.app, ...channel.args].join(','),
        }
      : { context: 'default', exten: 's', priority: 1, app_name: 'AppDial2', app_data: '(Outgoing Line)' },
    creationtime: ariTime(channel.createdAt),
    language: 'en',
  };
}

/** Of Asterisk's `ast_cause2str`. */
export const causeText: Readonly<Record<number, string>> = {
  1: 'Unallocated (unassigned) number',
  16: 'Normal Clearing',
  17: 'User busy',
  19: 'User alerting, no answer',
  21: 'Call Rejected',
  27: 'Destination out of order',
  34: 'Circuit/channel congestion',
};

/** How the carrier says each no: as recorded on an Asterisk 22 against a SIP peer. */
const refusals = {
  busy: { cause: 17, sipCode: 486, dialStatus: 'BUSY', rings: true },
  unavailable: { cause: 19, sipCode: 480, dialStatus: 'NOANSWER', rings: true },
  reject: { cause: 21, sipCode: 603, dialStatus: 'NOANSWER', rings: true },
  invalid: { cause: 1, sipCode: 404, dialStatus: 'NOANSWER', rings: false },
  congestion: { cause: 34, sipCode: 503, dialStatus: 'CONGESTION', rings: false },
  network: { cause: 27, sipCode: 502, dialStatus: 'CONGESTION', rings: false },
  'trunk-auth': { cause: 21, sipCode: 403, dialStatus: 'NOANSWER', rings: false },
} as const;

/** The `reason` of DELETE /channels → Q.850. */
export const reasonCause: Readonly<Record<string, number>> = {
  normal: 16,
  busy: 17,
  congestion: 34,
  no_answer: 19,
  timeout: 19,
  rejected: 21,
  unallocated: 1,
};
export const refusalOf = (fate: string): (typeof refusals)[keyof typeof refusals] | null =>
  fate in refusals ? refusals[fate as keyof typeof refusals] : null;

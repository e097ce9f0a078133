import { z } from 'zod';

/** A channel as events carry it; what we do not use is left away. */
const Channel = z.object({
  id: z.string(),
  name: z.string().default(''),
  state: z.string().default('Down'),
  dialplan: z.object({ app_name: z.string().default(''), app_data: z.string().default('') }).optional(),
});
const Bridge = z.object({ id: z.string() });
const Recording = z.object({
  name: z.string(),
  duration: z.number().optional(),
  cause: z.string().optional(),
});

/** The events that tell us something. Asterisk sends forty more types, and new ones with each release: they are passed over. */
export const AriEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Dial'), dialstatus: z.string().default(''), peer: Channel }),
  z.object({ type: z.literal('ChannelStateChange'), channel: Channel }),
  z.object({ type: z.literal('StasisStart'), channel: Channel, args: z.array(z.string()).default([]) }),
  z.object({ type: z.literal('ChannelDtmfReceived'), channel: Channel, digit: z.string() }),
  z.object({ type: z.literal('ChannelEnteredBridge'), channel: Channel.optional(), bridge: Bridge }),
  z.object({
    type: z.literal('ChannelHangupRequest'),
    channel: Channel,
    cause: z.number().optional(),
    tech_cause: z.number().optional(),
  }),
  z.object({
    type: z.literal('ChannelDestroyed'),
    channel: Channel,
    cause: z.number(),
    cause_txt: z.string().default(''),
    tech_cause: z.number().optional(),
  }),
  z.object({
    type: z.literal('PlaybackFinished'),
    playback: z.object({ id: z.string(), target_uri: z.string().default('') }),
  }),
  z.object({ type: z.literal('RecordingFinished'), recording: Recording }),
  z.object({ type: z.literal('RecordingFailed'), recording: Recording }),
  z.object({ type: z.literal('ApplicationReplaced') }),
]);
export type AriEvent = z.infer<typeof AriEvent>;

/** The event that a message is, or null for one that tells us nothing (and for one that cannot be read). */
export function readEvent(text: string): AriEvent | null {
  try {
    return AriEvent.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

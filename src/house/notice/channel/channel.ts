import type { NoticeKind } from '../notice.rule.ts';
import type { ChannelOutcome } from '../channel.rule.ts';

/**
 * What leaves the house: no name, no number, no text of an SMS, nothing that signs. `text` and `title` are plain text in which
 * nothing means anything to a chat (src/house/notice/words.ts).
 */
export type OutgoingNotice = {
  /** The same on every repeat. */
  id: string;
  number: number;
  kind: NoticeKind | 'test';
  /** Of a campaign, WH-…; of everything else the kind and id of the item. */
  item: { kind: string; id: string };
  count: number;
  title: string;
  text: string;
  url: string;
  /** A few characters for the variable of an SMS. */
  short: string;
};

/** One way out. `to` is the person's address where the channel reaches persons; groups and systems have their own. Never throws. */
export type ChannelDriver = { send(notice: OutgoingNotice, to: string | null, now: Date): Promise<ChannelOutcome> };

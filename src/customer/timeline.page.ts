import { z } from 'zod';
import { reachText } from '../kit/page/reach.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';
import type { TimelineEvent } from './timeline.command.ts';
import type { SourceFiles } from './import/import.db.ts';
import type { Translate } from '../kernel/translate.ts';
import { formatDate, formatMinute } from '../kit/page/format.ts';

/** One line of the timeline in the reader's words. `exact`: shown as it was written, without automatic spacing. */
export type TimelineLine = {
  at: Date;
  icon: string;
  title: string;
  tone: 'good' | 'bad' | 'plain';
  lines: { text: string; exact: boolean }[];
  href: string | null;
  hrefLabel: string | null;
};

const Reached = z.object({ channels: z.array(z.enum(contactChannels)), purposes: z.array(z.enum(contactPurposes)) });

const plain = (...lines: (string | null)[]): TimelineLine['lines'] =>
  lines.filter((line): line is string => line !== null && line !== '').map((text) => ({ text, exact: false }));

/** `explains`: the reader may open why a campaign did or did not reach somebody. */
export function timelineLine(t: Translate, event: TimelineEvent, explains: boolean): TimelineLine {
  const { details } = event;
  const text = (name: string): string | null => {
    const value = details[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const known = (family: string, code: string | null) => (code === null ? '' : wordOf(t, family, code));
  const campaign = details['elsewhere'] === true ? t('customer.event.elsewhere') : text('campaign');
  const reason = text('reason');
  const number = text('number');
  const seq = text('seq');
  const explained = event.readable && explains && number !== null && seq !== null;
  const line = (icon: string, title: string, over: Partial<TimelineLine> = {}): TimelineLine => ({
    at: event.at,
    icon,
    title,
    tone: 'plain',
    lines: plain(campaign),
    href: explained ? `/campaigns/${number}/people/${seq}` : null,
    hrefLabel: explained ? t('customer.campaigns.explain') : null,
    ...over,
  });
  const scope = {
    kind: known('suppression-kind', text('suppression')),
    scope: event.kind === 'suppressed' || event.kind === 'lifted' ? reachText(t, Reached.parse(details)) : '',
  };
  const because = reason === null ? null : t('customer.event.reason', { reason });
  const opened = (id: string | null) => ({
    href: id === null ? null : `/imports/${id}`,
    hrefLabel: id === null ? null : t('customer.event.import'),
  });

  switch (event.kind) {
    case 'contact': {
      const channel = text('channel') ?? 'sms';
      const state = text('state');
      const outcome = [known('message-state', state), known('reason', reason)].filter(Boolean).join(' · ');
      return line(
        { sms: 'message', call: 'phone-outgoing', web: 'mood-smile' }[channel] ?? 'message',
        `${t(`customer.event.contact-${channel}`)} · ${t(`contact.purpose-${text('purpose') ?? 'service'}`)}`,
        {
          lines: plain(campaign, outcome),
          tone: state === 'delivered' ? 'good' : state === 'failed' ? 'bad' : 'plain',
        },
      );
    }
    case 'not-contacted':
      return line('message-off', `${t('customer.event.not-contacted')} · ${known('message-state', text('state'))}`, {
        lines: plain(campaign, known('reason', reason)),
      });
    case 'receipt':
      return details['delivered'] === true
        ? line('checks', t('customer.event.receipt-delivered'), { tone: 'good' })
        : line('alert-circle', t('customer.event.receipt-failed', { code: text('code') ?? '' }), { tone: 'bad' });
    case 'reply':
      return line('message-reply', t(`customer.event.reply-${text('meaning') ?? 'other'}`), {
        lines: [{ text: text('content') ?? '', exact: true }],
      });
    case 'suppressed': {
      const until = text('until');
      const by = text('by') ?? sourceWord(t, text('source') ?? 'staff');
      return line('ban', t('customer.event.suppressed', scope), {
        tone: 'bad',
        lines: plain(
          because,
          by,
          until === null ? null : t('customer.event.until', { at: formatMinute(new Date(until)) }),
        ),
      });
    }
    case 'lifted':
      return line('circle-off', t('customer.event.lifted', scope), { lines: plain(because, text('by')) });
    case 'consent-imported':
      return line('file-import', t(`customer.event.consent-${details['granted'] === true ? 'granted' : 'refused'}`), {
        lines: plain(text('fileName')),
        ...opened(text('importId')),
      });
    case 'topic-imported':
      return line('file-import', t('customer.event.topic-imported', { topic: text('topic') ?? '' }), {
        lines: plain(text('fileName')),
        ...opened(text('importId')),
      });
    case 'number-left':
    case 'number-came':
      return line('file-import', t(`customer.event.${numberMove(event)}`), {
        lines: plain(text('phone'), text('fileName')),
        ...opened(text('importId')),
      });
    case 'created':
      return line('user-plus', t('customer.event.created'), { lines: [] });
    case 'act':
      return actLine(t, details, line);
  }
}

const numberMove = ({ kind, details }: TimelineEvent): string =>
  kind === 'number-came' && details['passedOn'] === true ? 'number-taken-over' : kind;

function actLine(
  t: Translate,
  details: TimelineEvent['details'],
  line: (icon: string, title: string, over: Partial<TimelineLine>) => TimelineLine,
): TimelineLine {
  const action = String(details['action']);
  const said = (details['said'] ?? {}) as Record<string, unknown>;
  const fields = Array.isArray(said['fields'])
    ? said['fields'].map((field) => wordOf(t, 'customer.field', String(field)))
    : [];
  const by = typeof details['by'] === 'string' ? details['by'] : t('customer.timeline.system');
  return line(icons[action] ?? 'edit', wordOf(t, 'audit-action', action), {
    lines: plain(
      typeof details['phone'] === 'string' ? details['phone'] : null,
      by,
      typeof said['reason'] === 'string' ? t('customer.event.reason', { reason: said['reason'] }) : null,
      fields.length > 0 ? t('customer.event.fields', { fields: fields.join(t.language === 'en' ? ', ' : '、') }) : null,
      typeof said['topic'] === 'string' ? said['topic'] : null,
      typeof said['source'] === 'string' ? sourceWord(t, said['source']) : null,
    ),
    href: null,
    hrefLabel: null,
  });
}

const icons: Record<string, string> = {
  'customer.reveal': 'eye',
  'customer.refused': 'hand-stop',
  'customer.number-added': 'phone-plus',
  'customer.number-taken-over': 'phone-incoming',
  'customer.number-passed-on': 'phone-outgoing',
  'customer.number-removed': 'phone-x',
  'customer.number-dead': 'phone-off',
  'customer.number-alive': 'phone-check',
  'consent.granted': 'thumb-up',
  'consent.withdrawn': 'thumb-down',
  'topic.subscribed': 'rss',
  'topic.unsubscribed': 'rss',
};

/** The word for a code of a closed set; the code itself when a newer version wrote it. */
export const wordOf = (t: Translate, family: string, code: string): string =>
  t.has(`${family}.${code}`) ? t(`${family}.${code}`) : code;

/**
 * Where a consent or suppression came from: a file by its name and day, a word of the closed set, and what another system
 * wrote by the API as that.
 */
export function sourceWord(t: Translate, source: string, files: SourceFiles = new Map()): string {
  const file = files.get(source);
  if (file) return t('customer.source.file', { file: file.fileName, day: formatDate(file.at).slice(5) });
  const [kind = source] = source.split(':');
  return t.has(`customer.source.${kind}`) ? t(`customer.source.${kind}`) : t('customer.source.other', { name: kind });
}

import type { Notice } from './notice.db.ts';
import type { Translate } from '../../kernel/translate.ts';
import { reasonOf } from '../../kit/page/reason.ts';

/** The sentence of a notice on a page of ours: with names, which never stand in what leaves the house. */
export function sentenceOf(t: Translate, notice: Notice): string {
  const { kind, round, details } = notice;
  return t(`notice.kind.${kind}`, {
    name: notice.name ?? t('notice.item-gone'),
    applicant: notice.applicantName ?? '',
    round,
    role: details['role'] === 'leader' ? 'leader' : 'liaison',
    outcome: details['outcome'] === 'failed' ? 'failed' : 'accepted',
    count: typeof details['count'] === 'number' ? details['count'] : 0,
    why: reasonOf(t, details) ?? '',
    until: details['until'] ?? '',
  });
}

/** The page on which the matter of a notice is dealt with. */
export function placeOf({ kind, itemKind, itemId, campaignNumber, keyOwnerId, name }: Notice): string {
  if (itemKind === 'campaign') {
    // A form that a check refused was never made: its campaign is a draft again.
    const form = kind !== 'form-refused' && (kind.startsWith('sign-') || kind.startsWith('form-'));
    return `${form ? '/sign-off' : '/campaigns'}/${campaignNumber}`;
  }
  if (itemKind === 'form') return `/sign-off/${campaignNumber}`;
  if (itemKind === 'credential') return kind === 'key-awaited' ? `/people/${keyOwnerId}` : '/account#signing-keys';
  if (itemKind === 'import') return `/imports/${itemId}`;
  if (itemKind === 'gateway') return name === null ? '/gateways' : `/gateways/${encodeURIComponent(name)}`;
  if (itemKind === 'calendar') return '/calendar';
  return `/channels/${itemId}`;
}

/** Of Tabler's. */
export function iconOf({ kind }: Pick<Notice, 'kind'>): string {
  if (kind.startsWith('sign-')) return 'signature';
  return icons[kind] ?? 'bell';
}
const icons: Partial<Record<Notice['kind'], string>> = {
  'form-signed': 'checks',
  'form-rejected': 'arrow-back-up',
  'form-expired': 'clock-off',
  'form-refused': 'arrow-back-up',
  'campaign-paused': 'player-pause',
  'campaign-voided': 'ban',
  'campaign-cancelled': 'x',
  'campaign-finished': 'circle-check',
  'archive-made': 'archive',
  'key-awaited': 'key',
  'key-added': 'key',
  'import-done': 'file-import',
  'account-stopped': 'alert-triangle',
  'opt-out-burst': 'alert-triangle',
  'pushes-waiting': 'alert-triangle',
  'channel-failing': 'alert-triangle',
  'calendar-ending': 'alert-triangle',
};

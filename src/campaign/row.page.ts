import type { ListRow } from './list.command.ts';
import type { Translate } from '../kernel/translate.ts';
import { windowOf } from './words.page.ts';
import { reasonOf } from '../kit/page/reason.ts';
import { formatDuration, formatNumber, formatPercent, formatTime } from '../kit/page/format.ts';

const secondsSince = (at: Date, now: Date): number => (now.getTime() - at.getTime()) / 1_000;

/** One row of the list as the template wants it: each cell the fact and below it the reason. */
export function rowOf(t: Translate, row: ListRow, now: Date) {
  const { number, id, step } = row;
  const href = number === null ? `/drafts/${id}/${step ?? 'audience'}` : `/campaigns/${number}`;
  const sending = row.state === 'sending' || row.state === 'settling';
  const window =
    row.startsAt && row.endsAt && row.dailyFrom && row.dailyTo && row.days
      ? windowOf(t, {
          startsAt: row.startsAt,
          endsAt: row.endsAt,
          dailyFrom: row.dailyFrom,
          dailyTo: row.dailyTo,
          days: row.days,
        })
      : null;
  return {
    id: number ?? id,
    number,
    href,
    name: row.name,
    kind: row.kind,
    unit: row.unit,
    owner: row.ownerName,
    state: row.state,
    mine: row.mine,
    stateNote: sending && row.progress ? null : stateNote(t, row, now),
    progress:
      sending && row.progress && row.size
        ? {
            value: row.progress.submitted,
            max: row.size,
            percent: formatPercent(row.progress.submitted, row.size),
            label: t('campaign.list.progress', {
              done: formatNumber(row.progress.submitted),
              size: formatNumber(row.size),
            }),
          }
        : null,
    size: row.size,
    snapshot: row.root === null ? null : row.root.slice(0, 8),
    rate: row.progress?.rate === null || !row.progress ? null : `${(row.progress.rate * 100).toFixed(2)}%`,
    window,
    next: nextAct(t, row, href),
  };
}

function stateNote(t: Translate, row: ListRow, now: Date): string | null {
  const { state, awaitedSince, startsAt, finishedAt, submittedAt, stateReason } = row;
  switch (state) {
    case 'awaiting-liaison':
    case 'awaiting-leader': {
      const waited = awaitedSince === null ? 0 : secondsSince(awaitedSince, now);
      return t('campaign.list.waited', { time: formatDuration(waited, t.language) });
    }
    case 'scheduled': {
      const ahead = startsAt === null ? 0 : -secondsSince(startsAt, now);
      return ahead > 0
        ? t('campaign.list.starts-in', { time: formatDuration(ahead, t.language) })
        : t(row.opening ? 'campaign.list.opening' : 'campaign.list.waits-for-hours');
    }
    case 'draft':
      return stateReason === null
        ? t('campaign.list.saved', { time: formatTime(new Date(row.movedAt / 1_000)) })
        : reasonOf(t, stateReason);
    case 'freezing':
      return submittedAt === null ? null : t('campaign.list.submitted', { time: formatTime(submittedAt) });
    case 'completed':
    case 'archived':
      return finishedAt === null ? null : t('campaign.list.finished', { time: formatTime(finishedAt) });
    default:
      return reasonOf(t, stateReason);
  }
}

/** What happens next and who owes it. */
function nextAct(t: Translate, row: ListRow, href: string): { href: string; label: string; note: string } {
  const { number, state, mine, signers } = row;
  const act = (name: string, to: string, note: string) => ({ href: to, label: t(`campaign.next.${name}`), note });
  const campaign = number ?? '';
  switch (state) {
    case 'draft':
      return number === null
        ? act('edit', href, t(`campaign.step.${row.step ?? 'audience'}`))
        : act('open', href, t('campaign.next-note.submit'));
    case 'freezing':
      return act('open', href, t('campaign.next-note.freezing'));
    case 'awaiting-liaison':
    case 'awaiting-leader':
      if (mine) return act('sign', `/sign-off/${campaign}`, t('campaign.next-note.yours'));
      return act(
        'form',
        `/sign-off/${campaign}`,
        signers.length === 0
          ? t('campaign.next-note.nobody')
          : t('campaign.next-note.signer', {
              names: signers.slice(0, 2).join(t('campaign.and')),
              more: Math.max(0, signers.length - 2),
            }),
      );
    case 'scheduled':
      return act('people', `/campaigns/${campaign}/ledger`, t('campaign.next-note.signed'));
    case 'sending':
      return act('progress', href, t('campaign.next-note.stoppable'));
    case 'paused':
      return act(mine ? 'resume' : 'open', href, t(mine ? 'campaign.next-note.paused' : 'campaign.next-note.operator'));
    case 'settling':
      return act('progress', href, t('campaign.next-note.receipts'));
    case 'completed':
      return act('result', href, t('campaign.next-note.archiving'));
    case 'archived':
      return act('archive', `${href}#archive`, t('campaign.next-note.sealed'));
    case 'cancelled':
      return act('result', href, t('campaign.next-note.ended'));
    default:
      return act('open', href, t('campaign.next-note.clone'));
  }
}

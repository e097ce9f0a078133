import type { DueDelivery } from './delivery.db.ts';

/** Where a link outside leads: one's own notice; for a group, the matter; for several at once, the list. All want a session first. */
export function placeOutside(
  due: Pick<DueDelivery, 'noticeId' | 'staffId' | 'kind' | 'itemKind' | 'campaignNumber'>,
  count: number,
): string {
  if (count > 1) return '/notices';
  if (due.staffId !== null) return `/notices/${due.noticeId}`;
  if (due.campaignNumber === null) return '/notices';
  if (due.itemKind === 'form') return `/sign-off/${due.campaignNumber}`;
  const isForm = due.kind.startsWith('sign-') || (due.kind.startsWith('form-') && due.kind !== 'form-refused');
  return `${isForm ? '/sign-off' : '/campaigns'}/${due.campaignNumber}`;
}

/** Seconds an agent may read before the call goes out by itself, by the customer's tier; `other` is everybody without a tier. */
export type PreviewSeconds = { readonly byTier: Readonly<Record<string, number>>; readonly other: number };

export const defaultPreviewSeconds: PreviewSeconds = { byTier: {}, other: 20 };

export const previewSeconds = (tier: string | null, seconds: PreviewSeconds): number =>
  (tier === null ? undefined : seconds.byTier[tier]) ?? seconds.other;

/** Milliseconds until the call that an agent has before them goes out; 0 where it is due. */
export function previewLeft(
  { tier, shownAt }: { readonly tier: string | null; readonly shownAt: number },
  now: number,
  seconds: PreviewSeconds = defaultPreviewSeconds,
): number {
  return Math.max(0, shownAt + previewSeconds(tier, seconds) * 1_000 - now);
}

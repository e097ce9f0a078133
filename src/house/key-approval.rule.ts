/** Days for which somebody who gave a person a way in stays barred from approving that person's signing keys. */
export const defaultWayInDays = 30;
/** Days after the first start in which a house with one administrator may get itself going. */
export const firstDays = 7;
const dayMs = 86_400_000;

/** `giverId` gave `staffId` an account, a link, an API key, a role, another address, or let them in again. */
export type WayIn = { giverId: string; staffId: string; at: Date };

export type ApprovalHouse = {
  /** Those of the days that count, see `waysInSince`. */
  waysIn: readonly WayIn[];
  /** Enabled people who hold the right to approve. */
  approvers: readonly string[];
  /** When the first days end or ended; null where nobody knows when the house began: then there are none. */
  firstDaysUntil: Date | null;
};

export type Approval =
  /** `restsOnFirstDays`: a way in of the first days was left out of the reckoning. */
  | { kind: 'independent'; restsOnFirstDays: boolean }
  /** The house's only administrator, in its first days. */
  | { kind: 'first-days'; until: Date }
  | { kind: 'own' }
  /** `able`: who could approve instead; empty when nobody can yet. */
  | { kind: 'dependent'; able: readonly string[] };

/** From when on ways in count: a key that was asked for soon after a way in was given stays barred however long it waits. */
export const waysInSince = (requestedAt: Date, now: Date, days: number): Date =>
  new Date(Math.min(requestedAt.getTime(), now.getTime()) - days * dayMs);

/**
 * Whether `approverId` may make a signing key of `signerId` good. Whoever gave somebody a way in could have used it, and so
 * could whoever gave a way in to the giver: approver and signer must share nobody of that kind, or one person alone would
 * stand behind both.
 */
export function judgeApproval(approverId: string, signerId: string, house: ApprovalHouse, now: Date): Approval {
  if (approverId === signerId) return { kind: 'own' };
  const behindSigner = couldActAs(signerId, house.waysIn);
  const { firstDaysUntil } = house;
  // Somebody has to let the second administrator in: what approvers were given in the first days is the house's founding.
  const later = afterFirstDays(house);
  const independent = (id: string, ways: readonly WayIn[]): boolean =>
    id !== signerId && ![...couldActAs(id, ways)].some((each) => behindSigner.has(each));
  if (independent(approverId, later))
    return { kind: 'independent', restsOnFirstDays: !independent(approverId, house.waysIn) };
  const able = house.approvers.filter((id) => independent(id, later));
  if (able.length === 0 && firstDaysUntil !== null && now <= firstDaysUntil)
    return { kind: 'first-days', until: firstDaysUntil };
  return { kind: 'dependent', able };
}

/** The ways in that were given when the first days were over. */
export const afterFirstDays = ({ waysIn, firstDaysUntil }: Omit<ApprovalHouse, 'approvers'>): WayIn[] =>
  waysIn.filter(({ at }) => firstDaysUntil === null || at > firstDaysUntil);

/** The person, everybody who gave them a way in, and everybody who gave those one. */
export function couldActAs(staffId: string, waysIn: readonly WayIn[]): Set<string> {
  const found = new Set([staffId]);
  // A set that grows is walked to its end, what was added meanwhile included.
  for (const each of found) for (const { giverId, staffId: taker } of waysIn) if (taker === each) found.add(giverId);
  return found;
}

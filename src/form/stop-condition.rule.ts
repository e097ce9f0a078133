/** When a campaign pauses by itself: more than so many of those it was sent to. A person looks and resumes; the count then begins anew. */
export type StopConditions = {
  /** Of those with a verdict, so many percent failed. */
  failurePercent: number;
  optOutsPerThousand: number;
  complaintsPerThousand: number;
};

/**
 * The house's own, where the applicant says nothing else. A usual marketing text loses one to five people in a thousand
 * (opt-out-burst.ts); one failure in five says that the list is old or a carrier refuses; a complaint reaches the ministry.
 */
export const houseStopConditions: StopConditions = {
  failurePercent: 20,
  optOutsPerThousand: 10,
  complaintsPerThousand: 1,
};

/** A share of fewer people says nothing: one of three is no third of thousands. */
export const fewestForStop = 100;

export const stopLimits = {
  failurePercent: 100,
  optOutsPerThousand: 1_000,
  complaintsPerThousand: 1_000,
} as const satisfies Record<keyof StopConditions, number>;

/** What became of the people who were written to since the start, or since a person resumed the campaign last. */
export type StopFigures = { sent: number; judged: number; failed: number; optOuts: number; complaints: number };

export type StopReason = {
  code: 'campaign.stop-failures' | 'campaign.stop-opt-outs' | 'campaign.stop-complaints';
  count: number;
  of: number;
  limit: number;
};

/** Which condition is met, the gravest first; null while the campaign may go on. */
export function stopReasonFor(conditions: StopConditions, figures: StopFigures): StopReason | null {
  const { sent, judged, failed, optOuts, complaints } = figures;
  const { complaintsPerThousand, optOutsPerThousand, failurePercent } = conditions;
  const looked: readonly (StopReason & { per: number })[] = [
    { code: 'campaign.stop-complaints', count: complaints, of: sent, limit: complaintsPerThousand, per: 1_000 },
    { code: 'campaign.stop-opt-outs', count: optOuts, of: sent, limit: optOutsPerThousand, per: 1_000 },
    { code: 'campaign.stop-failures', count: failed, of: judged, limit: failurePercent, per: 100 },
  ];
  const met = looked.find(({ count, of, limit, per }) => of >= fewestForStop && count * per > limit * of);
  return met ? { code: met.code, count: met.count, of: met.of, limit: met.limit } : null;
}

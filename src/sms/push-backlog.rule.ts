/** Deliveries are taken in within a second. After a minute something is broken, and people who said no may be written to. */
export const lateAfterSeconds = 60;

/** Seconds that the oldest pushed delivery has waited to be taken in; 0 when none waits. */
export const secondsWaited = ({ oldest }: { oldest: Date | null }, now: Date): number =>
  oldest === null ? 0 : Math.max(0, Math.round((now.getTime() - oldest.getTime()) / 1_000));

/** Whether what providers push (opt-outs among it) is not taken in as it should be. */
export const pushesAreLate = (backlog: { oldest: Date | null }, now: Date): boolean =>
  secondsWaited(backlog, now) > lateAfterSeconds;

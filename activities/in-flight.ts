/** Gateway calls that one process has open at once: so many an account, so that a slow gateway holds up nobody else's calls. */
export type InFlight = {
  /** True when there is room at the account, and then it is taken; false when there was none until `endsAt` (`performance.now()`). */
  enter(accountId: string, endsAt?: number): Promise<boolean>;
  leave(accountId: string): void;
  /**
   * Asked before so many calls are claimed: resolves when those claimed before are few enough that these begin before long, to whoever
   * has waited longest. Null when that was not until `endsAt`. Whoever claims and then waits looks again and again at whether each
   * person may still be called: eight campaigns of one account did little else.
   */
  claimAhead(accountId: string, calls: number, endsAt: number): Promise<Ahead | null>;
};
/** Calls that are claimed, or about to be, and have not begun. */
export type Ahead = {
  /** Only so many are left. */
  keep(calls: number): void;
};

/** Those who wait, in the order in which they came; calling one lets it through. */
type Waiting = Set<() => void>;
type Account = { open: number; waiting: Waiting };

/** Calls an account may have claimed ahead, by places: a tenth of a second's work of a quick gateway. */
const aheadOfPlaces = 2;

export function createInFlight(perAccount: number): InFlight {
  const queues = new Map<string, ClaimQueue>();
  const accounts = new Map<string, Account>();
  const of = (accountId: string): Account => {
    const known = accounts.get(accountId) ?? { open: 0, waiting: new Set() };
    accounts.set(accountId, known);
    return known;
  };
  return {
    async enter(accountId, endsAt = Infinity) {
      const account = of(accountId);
      if (account.open < perAccount) {
        account.open += 1;
        return true;
      }
      return new Promise((resolve) =>
        waitIn(
          account.waiting,
          endsAt,
          () => resolve(true),
          () => resolve(false),
        ),
      );
    },
    claimAhead(accountId, calls, endsAt) {
      const queue = queues.get(accountId) ?? createClaimQueue(perAccount * aheadOfPlaces);
      queues.set(accountId, queue);
      return queue.claimAhead(calls, endsAt);
    },
    leave(accountId) {
      const account = of(accountId);
      const [next] = account.waiting;
      // The place goes from hand to hand, to whoever has waited longest: `open` does not change.
      if (next) {
        account.waiting.delete(next);
        next();
        return;
      }
      account.open -= 1;
      if (account.open === 0) accounts.delete(accountId);
    },
  };
}

/** Waits with the others until it is let through, or until `endsAt`. */
function waitIn(waiting: Waiting, endsAt: number, enter: () => void, giveUp: () => void): void {
  const waitMs = endsAt - performance.now();
  const letThrough = (): void => {
    clearTimeout(timer);
    enter();
  };
  const stop = (): void => {
    waiting.delete(letThrough);
    giveUp();
  };
  const timer = waitMs < Infinity ? setTimeout(stop, Math.max(0, waitMs)) : undefined;
  waiting.add(letThrough);
}

type ClaimQueue = { claimAhead(calls: number, endsAt: number): Promise<Ahead | null> };

/** Lets claims through one after another while fewer than `enough` calls are ahead. */
function createClaimQueue(enough: number): ClaimQueue {
  const waiting: Waiting = new Set();
  let ahead = 0;
  const admit = (): void => {
    for (const enter of waiting) {
      if (ahead >= enough) return;
      waiting.delete(enter);
      enter();
    }
  };
  const taken = (calls: number): Ahead => {
    let left = calls;
    ahead += calls;
    return {
      keep(still) {
        const gone = Math.max(0, left - still);
        left -= gone;
        ahead -= gone;
        if (gone > 0) admit();
      },
    };
  };
  return {
    claimAhead(calls, endsAt) {
      if (ahead < enough && waiting.size === 0) return Promise.resolve(taken(calls));
      return new Promise((resolve) =>
        waitIn(
          waiting,
          endsAt,
          () => resolve(taken(calls)),
          () => resolve(null),
        ),
      );
    },
  };
}

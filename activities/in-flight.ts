/** Gateway calls that one process has open at once: so many an account, so that a slow gateway holds up nobody else's calls. */
export type InFlight = {
  /** True when there is room at the account, and then it is taken; false when there was none until `endsAt` (`performance.now()`). */
  enter(accountId: string, endsAt?: number): Promise<boolean>;
  leave(accountId: string): void;
};

type Account = { open: number; waiting: Set<() => void> };

export function createInFlight(perAccount: number): InFlight {
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
      return new Promise((resolve) => {
        const waitMs = endsAt - performance.now();
        const timer = waitMs < Infinity ? setTimeout(giveUp, Math.max(0, waitMs)) : undefined;
        function giveUp(): void {
          account.waiting.delete(take);
          resolve(false);
        }
        function take(): void {
          clearTimeout(timer);
          resolve(true);
        }
        account.waiting.add(take);
      });
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

/** What is heard of one leg is taken in in its order; other legs do not wait for it. */
export type LegQueues = {
  run(leg: string, work: () => Promise<void>): Promise<void>;
  /** All that was handed in until now is done. */
  drained(): Promise<void>;
};

export function createLegQueues(): LegQueues {
  const tails = new Map<string, Promise<void>>();
  return {
    run(leg, work) {
      const tail = (tails.get(leg) ?? Promise.resolve()).then(work).finally(() => {
        if (tails.get(leg) === tail) tails.delete(leg);
      });
      tails.set(leg, tail);
      return tail;
    },
    async drained() {
      await Promise.allSettled(tails.values());
    },
  };
}

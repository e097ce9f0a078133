/** How many gateway calls one worker has open at once, over all its campaigns. */
export type InFlight = {
  /** Resolves when there is room. */
  enter(): Promise<void>;
  leave(): void;
};

export function createInFlight(limit: number): InFlight {
  let open = 0;
  const waiting: (() => void)[] = [];
  return {
    enter() {
      if (open < limit) {
        open += 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        waiting.push(resolve);
      });
    },
    leave() {
      const next = waiting.shift();
      // The place goes from hand to hand: `open` does not change.
      if (next) next();
      else open -= 1;
    },
  };
}

/** Holds answers back until somebody releases them, so that a test can act while calls are in flight. */
export interface Gate {
  /** From now on answers wait; with `actions`, only those of these actions. */
  hold: (actions: readonly string[]) => void;
  /** Lets all waiting answers go, in order, and holds no more. Returns how many went. */
  release: () => number;
  /** Runs `write` now, or at the release. */
  pass: (action: string, write: () => void) => void;
  readonly waiting: number;
  readonly holding: boolean;
}

/** An open gate. */
export function createGate(): Gate {
  let held: (() => void)[] = [];
  let holding = false;
  let only: readonly string[] = [];
  return {
    hold(actions) {
      holding = true;
      only = actions;
    },
    release() {
      const going = held;
      held = [];
      holding = false;
      for (const write of going) write();
      return going.length;
    },
    pass(action, write) {
      if (holding && (only.length === 0 || only.includes(action))) held.push(write);
      else write();
    },
    get waiting() {
      return held.length;
    },
    get holding() {
      return holding;
    },
  };
}

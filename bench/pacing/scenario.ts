/** A list: how often people answer by hour, how long one talks and wraps up. Seconds. */
export type Scenario = {
  readonly answerShare: (hour: number) => number;
  readonly talkSeconds: number;
  readonly wrapSeconds: number;
};

const changing = [0.3, 0.15, 0.45] as const;

export const scenarios = {
  A: { answerShare: () => 0.3, talkSeconds: 120, wrapSeconds: 20 },
  B: { answerShare: () => 0.15, talkSeconds: 60, wrapSeconds: 15 },
  C: { answerShare: () => 0.5, talkSeconds: 180, wrapSeconds: 30 },
  D: { answerShare: (hour) => changing[hour % changing.length] ?? 0.3, talkSeconds: 120, wrapSeconds: 20 },
} as const satisfies Record<string, Scenario>;
export type ScenarioName = keyof typeof scenarios;

/** The carriers and the customers, the same in every scenario. Seconds and shares. */
export const world = {
  warmUpHours: 1,
  hours: 8,
  setUp: 3,
  ring: { mean: 9, variation: 0.6, limit: 25 },
  /** Of the calls that nobody answers: busy and invalid after the set-up, the others ring out. */
  busy: { share: 0.1, after: 1 },
  invalid: { share: 0.1, after: 4 },
  talkVariation: 1,
  wrapVariation: 0.5,
  /** Who has answered and meets no agent within this is abandoned. */
  patience: 2,
} as const;

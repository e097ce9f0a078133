/** Above this share of people left out the house has usually chosen the wrong list or the wrong topic. */
export const defaultLeftOutPercent = 20;

/** How many candidates a form leaves out, of how many, and as a share in whole per cent (rounded down). */
export type LeftOut = { candidates: number; left: number; percent: number };

export const leftOutOf = (candidates: number, size: number): LeftOut => {
  const left = Math.max(0, candidates - size);
  return { candidates, left, percent: candidates === 0 ? 0 : Math.floor((left * 100) / candidates) };
};

/** Whether so many are left out that the applicant must say that it is meant. */
export const isManyLeftOut = ({ candidates, left }: LeftOut, percent: number): boolean =>
  left * 100 > candidates * percent;

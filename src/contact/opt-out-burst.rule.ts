/** Opt-outs are looked at over this span: what is wrong with a text shows within minutes of its sending. */
export const burstMinutes = 30;
/** Fewer say nothing: a handful of people always says no. */
const fewest = 10;
/** A usual marketing text loses one to five people in a thousand; one in a hundred within half an hour is not usual. */
const unusualShare = 0.01;
/** So many within half an hour are looked at, however long the list is. */
const always = 200;

/** Whether so many opt-outs within `burstMinutes` from a campaign to `people` must be told to somebody. */
export const isOptOutBurst = ({ optOuts, people }: { optOuts: number; people: number }): boolean =>
  optOuts >= always || (optOuts >= fewest && optOuts >= people * unusualShare);

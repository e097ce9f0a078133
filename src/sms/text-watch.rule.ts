/** So many times in a row the gateway may give no answer about its copy of the text before a campaign waits for one. */
const unansweredQuestions = 5;

/** After so many seconds without an answer a campaign is paused: until then one lost question stops nobody. */
export const textPatienceSeconds = (everySeconds: number): number => everySeconds * unansweredQuestions;

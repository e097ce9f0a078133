/** A session ends so long after it was last used. */
export const sessionHours = 12;
export const shortestPassword = 12;
export const longestPassword = 128;

/** Counts calls in whole seconds, as an account limit does; answers whether one more is within `perSecond`. */
export function createThrottle(): (perSecond: number | null, now: number) => boolean {
  let second = 0;
  let calls = 0;
  return (perSecond, now) => {
    if (perSecond === null) return true;
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      calls = 0;
    }
    return ++calls <= perSecond;
  };
}

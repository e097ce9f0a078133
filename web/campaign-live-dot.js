// The age of what is on screen: green while it moves, grey with the time of the data once it does not.

/** Gives a function to be called whenever data has come, with its time. */
export function liveDot(staleMs) {
  const dot = document.querySelector('[data-live-dot]');
  const time = dot?.querySelector('[data-live-time]');
  const word = dot?.querySelector('[data-live-word]');
  if (!dot || !time) return () => undefined;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', timeStyle: 'medium', hourCycle: 'h23' });
  let came = performance.now();
  const say = (stale) => {
    dot.classList.toggle('stale', stale);
    if (word) word.textContent = stale ? dot.dataset.stale : dot.dataset.fresh;
  };
  setInterval(() => say(performance.now() - came > staleMs), 1_000);
  return (at) => {
    came = performance.now();
    time.dateTime = at;
    time.textContent = format.format(new Date(at));
    say(false);
  };
}

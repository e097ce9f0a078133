// The board's age: what is on it counts as now only while the server answers.

const stale = document.querySelector('[data-floor-stale]');
const shownAt = document.querySelector('[data-floor-at]');
let last = Date.now();
document.body.addEventListener('htmx:afterSwap', () => {
  last = Date.now();
  const at = document.querySelector('[data-at]')?.dataset.at;
  if (at) shownAt.textContent = at;
});
setInterval(() => {
  stale.hidden = Date.now() - last < 12_000;
}, 1_000);

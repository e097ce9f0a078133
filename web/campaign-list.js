// Rows are refreshed where they stand: the order never changes under the pointer, a bar offers to sort again.
import { liveDot } from './campaign-live-dot.js';

const everyMs = 5_000;
const table = document.querySelector('[data-campaign-rows]');
const came = liveDot(everyMs * 3);
const known = new Map(rowsOf(document).map((row) => [row.dataset.row, row.dataset.state]));
const moved = new Set();

function rowsOf(root) {
  return [...root.querySelectorAll('tr[data-row]')];
}

async function refresh() {
  if (document.hidden) return;
  const numbers = rowsOf(document)
    .filter((row) => 'live' in row.dataset)
    .map((row) => row.dataset.row);
  const answer = await fetch(`/campaigns/rows?numbers=${numbers.join(',')}`, { headers: { 'hx-request': 'true' } });
  const leads = answer.headers.get('hx-redirect');
  if (leads) return location.assign(leads);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const figures = page.getElementById('campaign-figures');
  const shown = document.getElementById('campaign-figures');
  if (figures && shown.innerHTML !== figures.innerHTML) shown.innerHTML = figures.innerHTML;
  for (const fresh of rowsOf(page)) replaceRow(fresh);
  came(new Date().toISOString());
}

function replaceRow(fresh) {
  const row = table.querySelector(`tr[data-row="${CSS.escape(fresh.dataset.row)}"]`);
  if (!row) return;
  if (known.get(row.dataset.row) !== fresh.dataset.state) moved.add(row.dataset.row);
  row.dataset.state = fresh.dataset.state;
  row.classList.toggle('row-paused', fresh.classList.contains('row-paused'));
  [...fresh.cells].forEach((cell, index) => {
    const old = row.cells[index];
    // What has the focus keeps it: a link that goes away under the finger opens nothing.
    if (old && old.innerHTML !== cell.innerHTML && !old.contains(document.activeElement))
      old.innerHTML = cell.innerHTML;
  });
  const bar = document.querySelector('[data-changed-bar]');
  if (!bar || moved.size === 0) return;
  bar.querySelector('span').textContent = bar.dataset.words.replace('0', String(moved.size));
  bar.hidden = false;
}

if (table) setInterval(() => void refresh().catch(() => undefined), everyMs);
document.querySelector('[data-changed-bar] a')?.addEventListener('click', (event) => {
  event.preventDefault();
  location.reload();
});

let at = -1;
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input, textarea, select')) return;
  const rows = rowsOf(document);
  const step = { j: 1, k: -1 }[event.key.toLowerCase()];
  if (!step || rows.length === 0) return;
  at = Math.min(rows.length - 1, Math.max(0, at + step));
  for (const [index, row] of rows.entries()) row.classList.toggle('current', index === at);
  // The link has the focus, so Enter opens it as it does everywhere.
  rows[at].querySelector('a').focus();
});

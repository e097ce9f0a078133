// What moves on a campaign's page comes by one stream; the parts stand still where nothing changed.
import { addToCharts } from './campaign-chart.js';
import { liveDot } from './campaign-live-dot.js';

const page = document.getElementById('campaign');
const came = liveDot(5_000);
// Never a reload: what a refused form was answered with would be posted again, and pause a campaign that was resumed since.
const lookAgain = () => location.replace(page.dataset.events.replace(/\/events$/, ''));

function show({ state, at, parts, chart, texts }) {
  say(texts);
  for (const [name, html] of Object.entries(parts)) replacePart(document.getElementById(`part-${name}`), html);
  addToCharts(chart);
  came(at);
  // Buttons and dialogs belong to a state: they are never changed under somebody who is filling one in.
  if (state === page.dataset.state) return;
  const busy = document.querySelector('dialog[open]');
  if (busy) document.querySelector('[data-changed-bar]').hidden = false;
  else lookAgain();
}

/** What the dialogs say of stopping and going on, also while one of them is open. */
function say(texts) {
  for (const line of document.querySelectorAll('[data-consequence]')) {
    const text = texts[line.dataset.consequence];
    if (text && line.textContent !== text) line.textContent = text;
  }
}

// The stream is a second behind, or longer where it has to reconnect: who opens a dialog asks anew.
document.addEventListener('opened', () => {
  if (page?.dataset.events) void sayAnew();
});

async function sayAnew() {
  const answer = await fetch(page.dataset.events.replace(/events$/, 'consequences')).catch(() => null);
  if (answer?.ok) say(await answer.json());
}

function replacePart(element, html) {
  if (!element) return;
  // Somebody is copying from it; the next second brings the rest.
  const selection = getSelection();
  if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) return;
  const open = [...element.querySelectorAll('details')].map((details) => details.open);
  const focused = [...element.querySelectorAll('a, summary, [tabindex]')].indexOf(document.activeElement);
  const scrolled = [...element.querySelectorAll('.table-wrap')].map((wrap) => [wrap.scrollLeft, wrap.scrollTop]);
  element.innerHTML = html;
  for (const [index, details] of element.querySelectorAll('details').entries()) details.open = open[index] ?? false;
  for (const [index, wrap] of element.querySelectorAll('.table-wrap').entries())
    [wrap.scrollLeft, wrap.scrollTop] = scrolled[index] ?? [0, 0];
  if (focused >= 0) element.querySelectorAll('a, summary, [tabindex]')[focused]?.focus({ preventScroll: true });
}

if (page?.dataset.events) {
  let source = null;
  const listen = () => {
    source?.close();
    source = new EventSource(page.dataset.events);
    source.addEventListener('view', (event) => show(JSON.parse(event.data)));
    // Signed out, or no longer allowed to see it: the server says which on the page itself.
    source.addEventListener('gone', () => {
      source.close();
      lookAgain();
    });
  };
  // A page nobody looks at holds no connection.
  document.addEventListener('visibilitychange', () => (document.hidden ? source?.close() : listen()));
  addEventListener('pagehide', () => source?.close());
  // One that opens behind others waits until it is in front: browsers allow six connections to a server.
  if (!document.hidden) listen();
}

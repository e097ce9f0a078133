// The bell's count moves while the page is looked at; without scripts it is as old as the page.
const bell = document.querySelector('[data-bell]');
const badge = bell?.querySelector('.count-badge');

function show({ count, shown, label }) {
  badge.textContent = shown;
  badge.hidden = count === 0;
  bell.setAttribute('aria-label', label);
}

if (bell && badge) {
  let source = null;
  const listen = () => {
    source?.close();
    source = new EventSource(bell.dataset.bell);
    source.addEventListener('unread', (event) => show(JSON.parse(event.data)));
  };
  // Browsers allow six connections to a server: only the tab in front holds one for the bell.
  document.addEventListener('visibilitychange', () => (document.hidden ? source?.close() : listen()));
  addEventListener('pagehide', () => source?.close());
  if (!document.hidden) listen();
}

// A whole number goes away by itself; without this the page itself goes back after the same time.

const place = document.getElementById('revealed');
const form = document.querySelector('form[data-reveal]');

/** Takes the number out of the page when its time is over. */
function hideLater() {
  const shown = place?.querySelector('[data-seconds]');
  if (!shown) return;
  form?.reset();
  setTimeout(
    () => {
      const note = document.createElement('p');
      note.className = 'secondary';
      note.textContent = shown.dataset.hidden;
      if (shown.isConnected) place.replaceChildren(note);
    },
    Number(shown.dataset.seconds) * 1_000,
  );
}

document.addEventListener('htmx:afterSwap', (event) => {
  if (event.target !== place) return;
  form?.closest('dialog')?.close();
  hideLater();
});
// A page that comes back from the browser's memory would show the number again.
addEventListener('pageshow', (event) => {
  if (event.persisted) place?.replaceChildren();
});
hideLater();

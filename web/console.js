// What every page has: dialogs, forms that post once, the clock, keys. Pages work without it.

document.addEventListener('htmx:load', (event) => wireOnce(event.target));
wireOnce(document);

// A dialog is a pop-over without scripts. Here it is modal: the page behind is inert, the focus goes in, Esc closes, the opener has the focus again.
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('button[popovertarget]');
  const dialog = button && document.getElementById(button.getAttribute('popovertarget'));
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  if (button.getAttribute('popovertargetaction') === 'hide') return dialog.close();
  // Who pressed its key, or a browser that gives buttons no focus, comes back to the button, too.
  button.focus();
  dialog.showModal();
  dialog.dispatchEvent(new Event('opened', { bubbles: true }));
});

/** A second click on a form that is on its way does nothing. Coming back by the back button, it may be sent again. */
function wireOnce(root) {
  for (const form of root.querySelectorAll?.('form[data-once]') ?? []) {
    if (form.dataset.wired) continue;
    form.dataset.wired = 'yes';
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = 'yes';
      for (const button of form.querySelectorAll('button:not([type=button])')) button.setAttribute('aria-busy', 'true');
    });
  }
}
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});

for (const input of document.querySelectorAll('[data-typed]')) {
  // Empty is told by the browser itself, in its own words.
  input.addEventListener('input', () =>
    input.setCustomValidity(['', input.dataset.typed].includes(input.value) ? '' : input.dataset.typedDiffers),
  );
}
document.querySelector('[data-focus]')?.focus();

// A browser draws days in its own language. Where that is not the page's, a day is typed, in the one form that reads alike in both.
if (navigator.language.slice(0, 2) !== document.documentElement.lang.slice(0, 2)) {
  for (const field of document.querySelectorAll('input[type=date]')) {
    field.type = 'text';
    field.pattern = String.raw`\d{4}-\d{2}-\d{2}`;
    field.placeholder = field.title = document.body.dataset.dayForm;
  }
}

const clock = document.querySelector('[data-clock]');
if (clock) {
  // The server's time, moved on by this machine's steady clock: its wall clock may be wrong.
  const start = Date.parse(clock.dateTime) - performance.now();
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', timeStyle: 'medium', hourCycle: 'h23' });
  setInterval(() => (clock.textContent = format.format(start + performance.now())), 1_000);
}

/** `data-key` on a link, button or field: that key follows, presses or focuses it, unless somebody is typing. */
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target.closest?.('input, textarea, select, [contenteditable]')) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!element) return;
  event.preventDefault();
  if (element.matches('input')) element.focus();
  else element.click();
});

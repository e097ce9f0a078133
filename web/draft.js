// The wizard: keeps what is typed a few seconds after it was typed, and on the way out. Without it, the buttons save.

const form = document.querySelector('form[data-draft]');
const saved = document.getElementById('saved');

// Names this browser tab over all steps, so that its own saves never stand in its own way.
const tab = sessionStorage.getItem('draft-tab') ?? crypto.randomUUID();
sessionStorage.setItem('draft-tab', tab);
for (const field of document.querySelectorAll('input[name="tab"]')) field.value = tab;

// A page that comes back from the browser's memory has an old version in it.
addEventListener('pageshow', (event) => event.persisted && location.replace(location.href));

for (const button of document.querySelectorAll('[data-fill]')) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const field = document.getElementById(button.dataset.fill);
    field.value = button.dataset.value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

if (form) {
  let timer;
  let dirty = false;
  let stopped = false;
  let running = Promise.resolve();
  const content = () => {
    const body = new URLSearchParams(new FormData(form));
    body.set('autosave', '1');
    body.delete('go');
    return body;
  };

  // What could not be saved, because the session was gone or the net was away, is put back when the step is opened again.
  const place = `draft:${location.pathname}`;
  const remember = () => {
    const entries = [...new FormData(form)].filter(([name]) => !['version', 'tab'].includes(name));
    sessionStorage.setItem(place, JSON.stringify({ version: form.elements.version.value, entries }));
  };
  const kept = JSON.parse(sessionStorage.getItem(place) ?? 'null');
  sessionStorage.removeItem(place);
  // Another version: it was saved after all, or somebody else has gone on.
  if (kept?.version === form.elements.version.value) {
    for (const [name, value] of kept.entries) {
      const field = form.elements.namedItem(name);
      if (!field || field.value === value) continue;
      field.value = value;
      dirty = true;
    }
  }

  const save = async () => {
    if (!dirty || stopped) return;
    dirty = false;
    try {
      const response = await fetch(form.action, {
        method: 'POST',
        body: content(),
        headers: { accept: 'application/json' },
      });
      if (response.status === 409) stopped = true;
      // Signed out in the middle: what is here stays here, and saving leads to the sign-in page.
      if (response.redirected || (!response.ok && response.status !== 409)) throw new Error('not saved');
      const answer = await response.json();
      if (answer.version) form.elements.version.value = answer.version;
      sessionStorage.removeItem(place);
      saved.textContent = answer.message;
      saved.classList.toggle('bad', stopped);
    } catch {
      dirty = true;
      remember();
      saved.textContent = saved.dataset.stopped;
      saved.classList.add('bad');
    }
  };
  /** One save after the other; `settled` while none is on its way. */
  let settled = true;
  const queue = () => {
    settled = false;
    const mine = running.then(save).finally(() => (settled = running === mine));
    return (running = mine);
  };
  const soon = (ms) => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => void queue(), ms);
  };
  if (dirty) soon(400);
  form.addEventListener('input', () => soon(2_500));
  form.addEventListener('change', (event) => {
    if (!event.target.matches('[data-reload]')) return soon(400);
    // Another template has other variables: the server draws them.
    clearTimeout(timer);
    dirty = false;
    running = running.then(() => form.requestSubmit(form.querySelector('button[value="stay"]')));
  });
  // The version in the form must be the last one saved before it is sent.
  form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    dirty = false;
    if (form.dataset.ready) return remember();
    event.preventDefault();
    const by = event.submitter;
    form.dataset.ready = 'yes';
    // Browsers ignore a submission that is asked for while the event of the last one is still on its way.
    void running.then(() => setTimeout(() => form.requestSubmit(by)));
  });
  // A link out of the step waits for the save: the next page would show what was there before.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || link.target || link.origin !== location.origin || event.defaultPrevented) return;
    if (link.hasAttribute('hx-get') || link.pathname + link.search === location.pathname + location.search) return;
    if (!dirty && settled) return;
    event.preventDefault();
    clearTimeout(timer);
    // What could not be saved is kept in this tab; the person is not held here by a server that is away.
    void queue().then(() => location.assign(link.href));
  });
  // So does the other language: it shows this step again.
  document.querySelector('form.language')?.addEventListener('submit', (event) => {
    const { submitter, target } = event;
    if ((!dirty && settled) || target.dataset.ready) return;
    event.preventDefault();
    clearTimeout(timer);
    target.dataset.ready = 'yes';
    void queue().then(() => target.requestSubmit(submitter));
  });
  addEventListener('pagehide', () => {
    // Outlives the page; what it answers nobody hears.
    if (dirty && !stopped) void fetch(form.action, { method: 'POST', body: content(), keepalive: true });
  });
}

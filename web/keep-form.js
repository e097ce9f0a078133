// Forms with `data-keep` come back as they were typed: after a refresh, in the other language, after a way elsewhere in this
// tab. What was typed stays in this tab's storage, under the person's id, until it is saved or dropped; secrets never do.
// `data-keep="ask"`: nothing is stored, because the form is about a customer; the browser asks before it is left.

const person = document.body.dataset.person;
const forms = [...document.querySelectorAll('form[data-keep]')];
const prefix = `kept:${person}:`;
const read = (key) => JSON.parse(sessionStorage.getItem(key) ?? 'null');
const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));
/** Secrets, files, and what only means something on the page that it came with. */
const left = new Set(['version', 'tab', 'seed', 'confirmed', 'updatedAt', 'qualificationId', 'credentialsFile']);
const isSecret = (field) =>
  field.type === 'password' || field.type === 'file' || field.autocomplete === 'new-password' || !field.name;
const fieldsOf = (form) => [...form.elements].filter((field) => !isSecret(field) && !left.has(field.name));

function contentOf(form) {
  const secret = new Set([...form.elements].filter(isSecret).map(({ name }) => name));
  return [...new FormData(form)].filter(
    ([name, value]) => !secret.has(name) && !left.has(name) && typeof value === 'string',
  );
}

/**
 * What was typed, over what the form holds now: a field that was left as it was found is as somebody else has saved it since.
 * Fields that stand several times are rows: they belong together, or a row would be made of two.
 */
function typedOver({ entries, first = [] }, now) {
  const [was, typed, is] = [first, entries, now].map((list) => Map.groupBy(list, ([name]) => name));
  const names = new Set([...entries, ...first, ...now].map(([name]) => name));
  const inRows = (name) => [was, typed, is].some((values) => (values.get(name)?.length ?? 0) > 1);
  const isTyped = (name) => JSON.stringify(was.get(name)) !== JSON.stringify(typed.get(name));
  const rowsTyped = [...names].some((name) => inRows(name) && isTyped(name));
  return [...names].flatMap((name) => ((inRows(name) ? rowsTyped : isTyped(name)) ? typed : is).get(name) ?? []);
}

/** Puts `entries` into the form; fields of one name by their order. */
function fill(form, entries) {
  // Rows that a page adds by itself are there first.
  form.dispatchEvent(new CustomEvent('kept', { detail: entries }));
  const values = Map.groupBy(entries, ([name]) => name);
  const seen = new Map();
  for (const field of fieldsOf(form)) {
    const given = (values.get(field.name) ?? []).map(([, value]) => value);
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = given.includes(field.value);
    else if (field.matches('input, textarea, select')) {
      const place = seen.get(field.name) ?? 0;
      seen.set(field.name, place + 1);
      if (given[place] !== undefined && field.value !== given[place]) field.value = given[place];
    }
  }
  for (const name of ['input', 'change']) form.dispatchEvent(new Event(name, { bubbles: true }));
}

function keep(form) {
  const base = prefix + form.dataset.keep + ':';
  const first = contentOf(form);
  const initial = JSON.stringify(first);
  const here = base + location.pathname + location.search;
  // A form that comes back with its faults has the address of its answer: it is still the page that it was sent from.
  const origin = keys().find((each) => each.startsWith(base) && read(each).sent);
  const pathOf = (each) => new URL(each.slice(base.length), location.origin).pathname;
  const faulty = document.querySelector('.alert-danger[data-focus]') !== null;
  const returned = origin !== undefined && (faulty || pathOf(origin) !== location.pathname);
  const key = returned ? origin : here;
  const kept = read(key);
  // A form that came back holds what was typed: what it was found with is what it had before.
  const found = returned ? (kept.first ?? []) : first;
  const note = form.querySelector('[data-kept]');
  let stopped = false;
  let wasTyped = false;

  // What the page itself changes while the answer is on its way (a part that arrives late) takes nothing back.
  let sent = false;

  const save = () => {
    if (stopped) return;
    const entries = contentOf(form);
    if (!sent && !returned && JSON.stringify(entries) === initial) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify({ entries, first: found, sent }));
  };
  const isUnsaved = () => wasTyped && !stopped && sessionStorage.getItem(key) !== null;

  if (kept && returned) {
    // What it came back with is what was typed.
    wasTyped = true;
    save();
  } else if (kept && JSON.stringify(kept.entries) !== initial) {
    const entries = typedOver(kept, first);
    if (JSON.stringify(entries) === initial) sessionStorage.removeItem(key);
    else {
      fill(form, entries);
      note.hidden = false;
      wasTyped = true;
      save();
    }
  } else sessionStorage.removeItem(key);

  const drop = () => {
    stopped = true;
    leaving = true;
    sessionStorage.removeItem(key);
  };
  note.querySelector('[data-kept-drop]').addEventListener('click', () => {
    drop();
    location.assign(key.slice(base.length));
  });
  // Who cancels has said that it is not wanted.
  for (const link of form.querySelectorAll('.form-acts a')) link.addEventListener('click', drop);
  let timer;
  form.addEventListener('input', (event) => {
    if (!event.isTrusted && event.target === form) return;
    if (event.isTrusted) sent = false;
    wasTyped = true;
    clearTimeout(timer);
    timer = setTimeout(save, 200);
  });
  form.addEventListener('change', () => save());
  form.addEventListener('submit', () => {
    clearTimeout(timer);
    sent = true;
    save();
  });
  addEventListener('pagehide', () => {
    clearTimeout(timer);
    if (wasTyped && !read(key)?.sent) save();
  });
  return { isUnsaved, save };
}

/** What was handed in and is nowhere any more was taken: its page says so, or another page came. */
function forgetTaken() {
  const refused = document.querySelector('.refusal') || !document.body.classList.contains('has-menu');
  if (refused) return;
  const done = document.querySelector('.flash.alert-success');
  for (const key of keys()) {
    if (!read(key).sent) continue;
    const here = forms.some((form) => key.startsWith(`${prefix}${form.dataset.keep}:`));
    if (done || !here) sessionStorage.removeItem(key);
  }
}

let leaving = false;
if (person) {
  // Somebody else's, whose session ended by itself in this tab.
  for (const key of Object.keys(sessionStorage))
    if (key.startsWith('kept:') && !key.startsWith(prefix)) sessionStorage.removeItem(key);
  forgetTaken();
  const watched = forms.filter((form) => form.dataset.keep !== 'ask').map(keep);
  const asking = forms.filter((form) => form.dataset.keep === 'ask');
  const first = new Map(asking.map((form) => [form, JSON.stringify([...new FormData(form)])]));
  const isTyped = (form) => JSON.stringify([...new FormData(form)]) !== first.get(form);

  // Inside this tab what was typed comes back: the browser asks only where it would be gone.
  const inTab = () => {
    leaving = true;
    setTimeout(() => (leaving = false), 2_000);
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (link && link.origin === location.origin && asking.length === 0) inTab();
  });
  document.addEventListener('keydown', (event) => {
    const reload = event.key === 'F5' || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'r');
    if (reload && asking.length === 0) inTab();
  });
  document.addEventListener('submit', (event) => {
    if (event.target.matches('form[action="/sign-out"]')) for (const key of keys()) sessionStorage.removeItem(key);
    if (asking.length === 0 || asking.includes(event.target)) inTab();
  });
  addEventListener('pageshow', () => (leaving = false));
  addEventListener('beforeunload', (event) => {
    if (leaving) return;
    if (watched.some(({ isUnsaved }) => isUnsaved()) || asking.some(isTyped)) event.preventDefault();
  });
}

// The agent's desk: a sign of life each second, the draft every few seconds, and the keys.

const stored = 'desk-browser';
const browserId = sessionStorage.getItem(stored) ?? crypto.randomUUID();
sessionStorage.setItem(stored, browserId);
for (const field of document.querySelectorAll('[data-browser]')) {
  field.value = browserId;
  field.disabled = false;
}

let leaving = false;
const desk = document.querySelector('[data-desk]');
const form = document.querySelector('[data-write-up]');
const post = async (path, body) => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams(body),
  });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
};

// What was typed is with the server before the page is left or fetched anew.
let draftSent = form ? new URLSearchParams(new FormData(form)).toString() : '';
async function saveDraft() {
  if (!form || form.dataset.sent) return;
  const typed = new URLSearchParams(new FormData(form));
  if (typed.toString() === draftSent) return;
  const { savedAt } = await post(`/desk/tasks/${form.dataset.writeUp}/draft`, typed);
  draftSent = typed.toString();
  const saved = document.querySelector('[data-saved]');
  const clock = new Date(savedAt).toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai' });
  saved.textContent = `${saved.dataset.word} ${clock}`;
}

// Another form of the page leads away from it: what was typed goes first.
document.addEventListener('submit', (event) => {
  const other = event.target;
  if (!form || other === form || other.closest('#verification')) return;
  event.preventDefault();
  void leaveBy(other, event.submitter);
});
async function leaveBy(other, submitter) {
  const { name, value } = submitter ?? {};
  await saveDraft().catch(() => undefined);
  if (name) other.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  leaving = true;
  other.submit();
}
addEventListener('pagehide', () => {
  if (!form || form.dataset.sent) return;
  const typed = new URLSearchParams(new FormData(form));
  if (typed.toString() !== draftSent) navigator.sendBeacon(`/desk/tasks/${form.dataset.writeUp}/draft`, typed);
});

function show(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const part = document.getElementById(id);
    // A choice that is open stays open: nothing moves under the pointer.
    if (!part || part.querySelector('details[open]') || part.dataset.html === html) continue;
    part.innerHTML = html;
    part.dataset.html = html;
  }
}

const [taskOf, stateOf] = [(key) => key.split(' ')[0], (key) => key.split(' ')[1]];
/** The same task in its write-up: the form is not touched, and can be saved from now on. */
function mayFollow(key) {
  const same = taskOf(key) === taskOf(desk.dataset.desk);
  return same && form && ['calling', 'wrap-up'].includes(stateOf(key));
}
function follow(key) {
  desk.dataset.desk = key;
  const over = stateOf(key) === 'wrap-up';
  form.querySelector('[data-save]').disabled = !over;
  form.querySelector('[data-save-hint]').hidden = over;
}

async function beat() {
  if (leaving) return;
  const answer = await post('/desk/beat', { browserId });
  document.querySelector('[data-desk-offline]').hidden = true;
  document.querySelector('[data-desk-gone]').hidden = answer.kind !== 'taken-over';
  if (answer.kind === 'absent') return location.reload();
  if (answer.kind !== 'here') return;
  if (answer.key !== desk.dataset.desk && !mayFollow(answer.key)) {
    await saveDraft().catch(() => undefined);
    leaving = true;
    return location.assign('/desk');
  }
  if (answer.key !== desk.dataset.desk) follow(answer.key);
  show(answer.parts);
}

function every(ms, work, failed) {
  const again = () =>
    work()
      .catch(failed)
      .finally(() => setTimeout(again, ms));
  setTimeout(again, ms);
}
if (desk) {
  await post('/desk/arrive', { browserId }).catch(() => undefined);
  every(1_000, beat, () => {
    document.querySelector('[data-desk-offline]').hidden = false;
  });
  every(3_000, saveDraft, () => undefined);
  document.querySelector('[data-desk-here]').addEventListener('click', () => {
    void post('/desk/arrive', { browserId }).then(() => location.assign('/desk'));
  });
}

if (form) {
  const times = [...form.querySelectorAll('[data-times]')];
  const days = [...form.querySelectorAll('[data-day]')];
  const openDay = (date) => {
    for (const each of times) each.hidden = each.dataset.times !== date;
    for (const each of days) each.setAttribute('aria-pressed', String(each.dataset.day === date));
  };
  const chosen = () => form.querySelector('input[name=promisedAt]:checked');
  /** The first time that is open is chosen at once: a callback needs no further click. */
  const showPromise = () => {
    const callback = form.elements.result.value === 'callback';
    form.querySelector('[data-promise]').hidden = !callback;
    if (!callback) return;
    const first = chosen() ?? form.querySelector('input[name=promisedAt]');
    if (first) first.checked = true;
    openDay(first?.closest('[data-times]').dataset.times);
  };
  for (const day of days)
    day.addEventListener('click', () => {
      openDay(day.dataset.day);
      form.querySelector(`[data-times="${day.dataset.day}"] input`).checked = true;
    });
  // A choice is kept at once; what is being typed every few seconds.
  const keep = () => void saveDraft().catch(() => undefined);
  form.addEventListener('change', () => {
    showPromise();
    keep();
  });
  showPromise();

  const branches = form.elements.branches;
  const showBranches = () => {
    const last = branches.value.at(-1);
    for (const text of document.querySelectorAll('[data-branch-text]')) text.hidden = text.dataset.branchText !== last;
    for (const button of document.querySelectorAll('[data-branch]'))
      button.setAttribute('aria-pressed', String(branches.value.includes(button.dataset.branch)));
  };
  for (const button of document.querySelectorAll('[data-branch]'))
    button.addEventListener('click', () => {
      const { branch, branchResult } = button.dataset;
      if (branches.value.at(-1) !== branch) branches.value = (branches.value + branch).slice(-8);
      const result = branchResult && form.querySelector(`input[name=result][value="${branchResult}"]`);
      if (result) result.checked = true;
      showPromise();
      showBranches();
      keep();
    });
  showBranches();
}

let lastEscape = 0;
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    document.querySelector('[data-save]:not(:disabled)')?.click();
    return;
  }
  if (event.key !== 'Escape') return;
  if (Date.now() - lastEscape < 800) document.querySelector('[data-hang-up]')?.click();
  lastEscape = Date.now();
});

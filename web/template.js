// The editor: a row for each variable that the text names, as it is typed. Without this the server adds them on 检查.

const source = document.getElementById('source');
const list = document.getElementById('variables');
const blank = document.getElementById('variable-row');

const namesIn = (text) => [
  ...new Set(Array.from(text.matchAll(/\{\{\s*([a-z][a-zA-Z0-9_]{0,29})\s*\}\}/g), (match) => match[1])),
];

const buttons = [...document.querySelectorAll('[data-insert]')];

/** What a button knows of its variable is filled in for it; an own word stays. */
function describe(row, name) {
  const known = buttons.find((button) => button.dataset.insert === name)?.dataset;
  if (!known) return;
  const field = (its) => row.querySelector(`[name=variable${its}]`);
  if (field('Label').value === '') field('Label').value = known.label;
  field('Type').value = known.type;
  field('From').value = known.from;
}

function addRow(name) {
  const row = blank.content.firstElementChild.cloneNode(true);
  row.dataset.variable = name;
  row.querySelector('legend').textContent = name;
  row.querySelector('[name=variableName]').value = name;
  describe(row, name);
  list.append(row);
  return row;
}

function follow() {
  const used = namesIn(source.value);
  const rows = [...list.children];
  for (const name of used) if (!rows.some((row) => row.dataset.variable === name)) addRow(name);
  for (const row of list.children) {
    const unused = !used.includes(row.dataset.variable);
    // What was never filled in goes with its variable: half a name typed leaves no trace.
    const proposed = buttons.find((button) => button.dataset.insert === row.dataset.variable)?.dataset.label;
    const untouched = [...row.querySelectorAll('[name=variableLabel], [name=variableExample]')].every(
      (field) => field.value === '' || field.value === proposed,
    );
    if (unused && untouched) row.remove();
    else row.querySelector('.unused').hidden = !unused;
  }
}

if (source && list && blank) {
  source.addEventListener('input', follow);
  // What was typed before comes back (keep-form.js): the same rows in the same order, to be filled in.
  document.getElementById('template').addEventListener('kept', ({ detail }) => {
    const names = detail.filter(([field]) => field === 'variableName').map(([, name]) => name);
    const rows = new Map([...list.children].map((row) => [row.dataset.variable, row]));
    list.replaceChildren();
    for (const name of names) list.append(rows.get(name) ?? addRow(name));
  });
  list.addEventListener('click', (event) => {
    const button = event.target.closest('[data-remove]');
    if (!button) return;
    button.closest('[data-variable]').remove();
    source.dispatchEvent(new Event('change', { bubbles: true }));
    source.focus();
  });
  follow();
}

// A variable goes where the cursor stands, over what is selected; undo takes it out again.
for (const button of buttons) {
  button.hidden = false;
  button.addEventListener('click', () => {
    const text = `{{${button.dataset.insert}}}`;
    source.focus();
    if (!document.execCommand('insertText', false, text)) {
      source.setRangeText(text, source.selectionStart, source.selectionEnd, 'end');
      source.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
}

// Other people: the seed is set in the form before the check is asked for, so that no check on its way can bring the old one back.
const check = document.getElementById('check');
check?.addEventListener('click', (event) => {
  const button = event.target.closest('[data-seed]');
  if (!button) return;
  event.preventDefault();
  check.querySelector('[name=seed]').value = button.dataset.seed;
  check.dispatchEvent(new CustomEvent('redraw'));
});

// The provider's own list: what is taken from there fills the fields that it decides, and leaves the others.
document.getElementById('stock')?.addEventListener('click', (event) => {
  const form = document.getElementById('template');
  const sign = event.target.closest('[data-sign-name]');
  const taken = event.target.closest('[data-take]');
  if (!sign && !taken) return;
  event.preventDefault();
  if (sign) form.elements.signName.value = sign.dataset.signName;
  if (taken) {
    const { name, code, kind, source: text } = taken.dataset;
    if (form.elements.name && form.elements.name.value === '') form.elements.name.value = name;
    form.elements.kind.value = kind;
    form.elements.gatewayCode.value = code;
    source.value = text;
    source.dispatchEvent(new Event('input', { bubbles: true }));
  }
  weigh();
  form.dispatchEvent(new Event('change', { bubbles: true }));
});

// Where there is exactly one passed signature it is the one that is meant.
document.body.addEventListener('htmx:afterSwap', ({ target }) => {
  const field = document.getElementById('sign-name');
  if (target.id !== 'stock' || field.value !== '') return;
  const passed = target.querySelectorAll('[data-sign-name]:not([disabled])');
  if (passed.length !== 1) return;
  field.value = passed[0].dataset.signName;
  field.dispatchEvent(new Event('change', { bubbles: true }));
});

/** Without a code the text has to be applied for; with one it is only kept. */
function weigh() {
  const coded = document.getElementById('code').value.trim() !== '';
  const [apply, save] = ['apply', 'save'].map((act) => document.querySelector(`#saves [value=${act}]`));
  apply.classList.toggle('btn-primary', !coded);
  save.classList.toggle('btn-primary', coded);
}
if (document.getElementById('saves')) {
  document.getElementById('code').addEventListener('input', weigh);
  weigh();
}

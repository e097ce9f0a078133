// The editor: a row for each variable that the text names, as it is typed. Without this the server adds them on 检查.

const source = document.getElementById('source');
const list = document.getElementById('variables');
const blank = document.getElementById('variable-row');

const namesIn = (text) => [
  ...new Set(Array.from(text.matchAll(/\{\{\s*([a-z][a-zA-Z0-9_]{0,29})\s*\}\}/g), (match) => match[1])),
];

function addRow(name) {
  const row = blank.content.firstElementChild.cloneNode(true);
  row.dataset.variable = name;
  row.querySelector('legend').textContent = name;
  row.querySelector('[name=variableName]').value = name;
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
    const untouched = [...row.querySelectorAll('[name=variableLabel], [name=variableExample]')].every(
      (field) => field.value === '',
    );
    if (unused && untouched) row.remove();
    else row.querySelector('.unused').hidden = !unused;
  }
}

if (source && list && blank) {
  source.addEventListener('input', follow);
  list.addEventListener('click', (event) => {
    const button = event.target.closest('[data-remove]');
    if (!button) return;
    button.closest('[data-variable]').remove();
    source.dispatchEvent(new Event('change', { bubbles: true }));
    source.focus();
  });
  follow();
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

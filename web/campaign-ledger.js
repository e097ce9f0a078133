// A row opens its explanation beside the list, with an address of its own; Esc closes it and gives the focus back.

const holder = document.getElementById('drawer');
const links = [...document.querySelectorAll('[data-people] [data-drawer]')];
const list = location.href;
let at = -1;

async function open(url, push) {
  const answer = await fetch(url, { headers: { 'hx-request': 'true' } });
  const leads = answer.headers.get('hx-redirect');
  if (leads) return location.assign(leads);
  if (!answer.ok) return location.assign(url);
  holder.innerHTML = `<div class="drawer-ground"></div>${await answer.text()}`;
  holder.hidden = false;
  if (push) history.replaceState({}, '', url.split('?')[0]);
  holder.querySelector('.drawer')?.focus();
  for (const [index, link] of links.entries()) link.closest('tr').classList.toggle('current', index === at);
}

function close() {
  holder.hidden = true;
  holder.innerHTML = '';
  history.replaceState({}, '', list);
  links[at]?.focus();
}

const go = (index) => {
  if (index < 0 || index >= links.length) return;
  at = index;
  void open(links[at].getAttribute('href'), true);
};

for (const [index, link] of links.entries()) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(index);
  });
}
holder?.addEventListener('click', (event) => {
  if (event.target.closest('[data-drawer-close]') || event.target.matches('.drawer-ground')) return close();
  const stay = event.target.closest('[data-drawer-stay]');
  if (!stay) return;
  event.preventDefault();
  void open(stay.getAttribute('href'), false);
});
document.addEventListener('keydown', (event) => {
  if (!holder || holder.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') close();
  else if (event.key === 'ArrowDown') go(at + 1);
  else if (event.key === 'ArrowUp') go(at - 1);
  else if (event.key === 'Tab') keepInside(event);
  else return;
  if (event.key !== 'Tab') event.preventDefault();
});

/** The drawer is modal: the focus goes round in it. */
function keepInside(event) {
  const inside = [...holder.querySelectorAll('a[href], button')];
  const [first, last] = [inside[0], inside.at(-1)];
  const here = document.activeElement;
  if (event.shiftKey && (here === first || !inside.includes(here))) last?.focus();
  else if (!event.shiftKey && here === last) first?.focus();
  else return;
  event.preventDefault();
}

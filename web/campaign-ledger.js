// A row opens its explanation beside the list, with an address of its own; it is a modal dialog, and gives the focus back to the row.

const holder = document.getElementById('drawer');
const links = [...document.querySelectorAll('[data-people] [data-drawer]')];
const list = location.href;
let at = -1;

async function open(url, push) {
  const answer = await fetch(url, { headers: { 'hx-request': 'true' } });
  const leads = answer.headers.get('hx-redirect');
  if (leads) return location.assign(leads);
  if (!answer.ok) return location.assign(url);
  // Whoever goes from person to person stays at the button they are at.
  const pressed = document.activeElement?.matches('[data-drawer-stay]') ? '[data-drawer-stay]' : '[data-drawer-close]';
  holder.innerHTML = await answer.text();
  if (holder.open) holder.querySelector(pressed)?.focus();
  else holder.showModal();
  if (push) history.replaceState({}, '', url.split('?')[0]);
  for (const [index, link] of links.entries()) link.closest('tr').classList.toggle('current', index === at);
}

holder.addEventListener('close', () => {
  holder.innerHTML = '';
  history.replaceState({}, '', list);
  links[at]?.focus();
});

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
holder.addEventListener('click', (event) => {
  // The ground beside the drawer belongs to the dialog.
  if (event.target.closest('[data-drawer-close]') || event.target === holder) return holder.close();
  const stay = event.target.closest('[data-drawer-stay]');
  if (!stay) return;
  event.preventDefault();
  void open(stay.getAttribute('href'), false);
});
holder.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  go(at + step);
});

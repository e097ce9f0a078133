// The copy button is there only where it works: on a page that the browser trusts.
for (const button of document.querySelectorAll('[data-copy]')) {
  const field = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard || !field) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    field.select();
    void navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
}

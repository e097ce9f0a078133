// How many would come onto the list, as boxes are ticked; without scripts the page shows the count of what was ticked first.
const form = document.querySelector('[data-people-list]');
const total = form?.querySelector('[data-people-total]');

form?.addEventListener('change', () => {
  const ticked = [...form.querySelectorAll('input[data-people]:checked')];
  const people = ticked.reduce((sum, box) => sum + Number(box.dataset.people), 0);
  total.textContent = people.toLocaleString('en-US');
});

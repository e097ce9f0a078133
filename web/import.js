// Drops a file into the form and sends it as it is, with its progress; without this the form posts it (up to 32 MB).

const uploadForm = document.querySelector('form[data-upload]');
if (uploadForm) wire(uploadForm);

function wire(form) {
  const file = form.elements.namedItem('file');
  const drop = form.querySelector('[data-drop]');
  for (const type of ['dragenter', 'dragover']) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  }
  for (const type of ['dragleave', 'drop']) drop.addEventListener(type, () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) file.files = event.dataTransfer.files;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (file.files.length > 0 && !form.dataset.running) void send(form, file.files[0]);
  });
}

async function send(form, file) {
  form.dataset.running = 'yes';
  const box = form.querySelector('[data-progress]');
  const bar = box.querySelector('progress');
  const status = box.querySelector('[data-status]');
  const rows = box.querySelector('[data-rows]');
  const said = Object.fromEntries(
    ['importId', 'kind', 'name', 'encoding'].map((name) => [name, form.elements.namedItem(name)?.value ?? '']),
  );
  box.hidden = false;
  const watch = setInterval(() => void showRows(said.importId, rows), 1_000);
  try {
    location.assign(
      await upload(file, { ...said, fileName: file.name }, (percent) => {
        if (percent === 100) bar.removeAttribute('value');
        else bar.value = percent;
        status.textContent =
          percent === 100 ? form.dataset.checking : form.dataset.sending.replace('__', String(percent));
      }),
    );
  } catch (error) {
    status.textContent = error.message || form.dataset.broken;
    bar.value = 0;
    delete form.dataset.running;
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy');
  } finally {
    clearInterval(watch);
  }
}

/** XMLHttpRequest, because fetch does not tell how much of a body has gone. Gives where to go. */
function upload(file, said, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/imports');
    request.setRequestHeader('content-type', 'text/csv');
    request.setRequestHeader('x-import', encodeURIComponent(JSON.stringify(said)));
    request.setRequestHeader('hx-request', 'true');
    request.upload.addEventListener('progress', ({ loaded, total }) => progress(Math.floor((loaded / total) * 100)));
    request.addEventListener('load', () => {
      const href = request.getResponseHeader('x-location') ?? request.getResponseHeader('hx-redirect');
      if (href?.startsWith('/')) return resolve(href);
      const answer = new DOMParser().parseFromString(request.responseText, 'text/html');
      reject(new Error(answer.body.textContent.trim()));
    });
    request.addEventListener('error', () => reject(new Error('')));
    request.send(file);
  });
}

async function showRows(importId, place) {
  const answer = await fetch(`/imports/${importId}/progress`).catch(() => null);
  if (!answer?.ok) return;
  const shown = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('p');
  if (shown) place.textContent = shown.textContent;
}

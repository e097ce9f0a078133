// Signing with a passkey. The digest is computed here once more, from the text that the paper was made of.
const data = document.getElementById('sign-data');
const form = document.getElementById('sign-form');
if (data && form) prepare();

function prepare() {
  const desk = document.querySelector('[data-sign="desk"]');
  const phone = document.querySelector('[data-sign="phone"]');
  const read = document.getElementById('read-all');
  const longest = document.querySelector('[data-longest]');
  const audience = document.querySelector('[data-audience]');
  // A paper without samples has no longest one to open.
  const opened = { longest: longest === null, audience: false };
  const letPhoneSign = () => {
    phone.disabled = !(opened.longest && opened.audience);
    document.querySelector('[data-open-first]').hidden = !phone.disabled;
  };
  const letDeskSign = () => (desk.disabled = !read.checked);
  read.addEventListener('change', letDeskSign);
  // Ticked before this script had come.
  letDeskSign();
  for (const tab of document.querySelectorAll('[name="so-tab"]'))
    tab.addEventListener('change', () => {
      if (longest?.checked) opened.longest = true;
      letPhoneSign();
    });
  audience.addEventListener('toggle', () => {
    if (audience.open) opened.audience = true;
    letPhoneSign();
  });
  // A page that comes back by the back button must not come back ready to sign. The first show follows the load, when somebody
  // may have ticked the box already.
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) read.checked = false;
    letDeskSign();
  });
  for (const button of [desk, phone]) button.addEventListener('click', () => void sign(button));
}

async function sign(button) {
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  tell(null);
  try {
    await signWithPasskey();
  } catch (error) {
    tell(sentenceFor(error));
  } finally {
    button.removeAttribute('aria-busy');
  }
}

async function signWithPasskey() {
  const { canonical, digest, passkeys } = data.dataset;
  if (!isSecureContext) return tell(data.dataset.sayInsecure);
  const computed = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical)));
  if (hexOf(computed) !== digest) return tell(data.dataset.sayChanged);
  if (!window.PublicKeyCredential) return tell(data.dataset.sayUnsupported);
  const own = JSON.parse(passkeys);
  const answer = await navigator.credentials.get({
    publicKey: {
      challenge: computed,
      rpId: own[0].rpId,
      userVerification: 'required',
      timeout: 120_000,
      allowCredentials: own.map(({ credentialId }) => ({ type: 'public-key', id: bytesOf(credentialId) })),
    },
  });
  const credentialId = textOf(answer.rawId);
  const used = own.find((each) => each.credentialId === credentialId);
  if (!used) return tell(data.dataset.sayFailed);
  const { authenticatorData, clientDataJSON, signature } = answer.response;
  form.elements.credentialId.value = used.id;
  form.elements.evidence.value = JSON.stringify({
    kind: 'passkey',
    credentialId,
    authenticatorData: textOf(authenticatorData),
    clientDataJSON: textOf(clientDataJSON),
    signature: textOf(signature),
  });
  form.requestSubmit();
}

function sentenceFor(error) {
  const { dataset } = data;
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return dataset.sayCancelled;
  if (error.name === 'SecurityError') return dataset.saySite;
  return dataset.sayFailed;
}

function tell(sentence) {
  for (const place of document.querySelectorAll('[data-said]')) {
    place.hidden = !sentence;
    place.textContent = sentence ?? '';
  }
}

const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

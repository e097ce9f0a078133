// Makes a passkey for signing and hands its answer in with the form.
const form = document.querySelector('form[data-signing-key]');
if (form) form.addEventListener('submit', (event) => void make(event));

async function make(event) {
  if (form.elements.response.value !== '') return;
  event.preventDefault();
  // The page's own guard against a second click has seen this one, which sends nothing yet.
  delete form.dataset.sent;
  const said = form.querySelector('[data-said]');
  said.hidden = true;
  try {
    if (!isSecureContext) throw new DOMException('', 'InsecureError');
    if (!window.PublicKeyCredential) throw new DOMException('', 'NotSupportedError');
    form.elements.response.value = JSON.stringify(await create(await begin()));
    form.requestSubmit();
  } catch (error) {
    said.textContent = sentenceFor(error);
    said.hidden = false;
  }
}

async function begin() {
  const answer = await fetch(`${form.action}/begin`, { method: 'POST' });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.json();
}

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(options.challenge),
      rp: { id: options.rpId, name: options.rpName },
      user: { id: bytesOf(options.userId), name: options.userName, displayName: options.userName },
      pubKeyCredParams: options.algorithms.map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'required' },
      excludeCredentials: options.exclude.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
      attestation: 'none',
      timeout: options.timeoutMs,
    },
  });
  return {
    id: made.id,
    rawId: textOf(made.rawId),
    type: made.type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: textOf(made.response.clientDataJSON),
      attestationObject: textOf(made.response.attestationObject),
    },
  };
}

function sentenceFor(error) {
  const words = form.dataset;
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return words.sayCancelled;
  if (error.name === 'InvalidStateError') return words.sayKnown;
  if (error.name === 'InsecureError') return words.sayInsecure;
  if (error.name === 'SecurityError') return words.saySite;
  if (error.name === 'NotSupportedError') return words.sayUnsupported;
  return words.sayFailed;
}

const textOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

import { browserSupportsWebAuthn, startAuthentication } from './webauthn/index.js';
import { postJson } from './post-json.js';

// Signing in with a passkey: the server's challenge, the platform's prompt, the answer back.
const button = document.getElementById('passkey');
const fault = document.getElementById('passkey-fault');
if (button && browserSupportsWebAuthn()) {
  button.hidden = false;
  button.addEventListener('click', () => void enter());
}

async function enter() {
  fault.hidden = true;
  button.disabled = true;
  try {
    const optionsJSON = await postJson('/sign-in/passkey/options', {});
    const response = await startAuthentication({ optionsJSON });
    const { location } = await postJson('/sign-in/passkey', { response, next: button.dataset.next });
    window.location.assign(location);
  } catch (error) {
    fault.textContent = error.sentence ?? button.dataset.failed;
    fault.hidden = false;
    button.disabled = false;
  }
}

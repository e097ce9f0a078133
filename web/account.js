import { startRegistration } from './webauthn/index.js';
import { postJson } from './post-json.js';

// A passkey for signing in: the server's challenge, the platform's prompt, the public half back.
const form = document.getElementById('add-passkey');
const fault = document.getElementById('passkey-fault');
form?.addEventListener('submit', (event) => {
  event.preventDefault();
  void addPasskey();
});

async function addPasskey() {
  fault.hidden = true;
  try {
    const optionsJSON = await postJson('/account/passkeys/options', {});
    const response = await startRegistration({ optionsJSON });
    await postJson('/account/passkeys', { name: document.getElementById('passkey-name').value, response });
    // The page may be the answer to another form here, which a reload would post again.
    window.location.assign('/account');
  } catch (error) {
    fault.textContent = error.sentence ?? form.dataset.failed;
    fault.hidden = false;
  }
}

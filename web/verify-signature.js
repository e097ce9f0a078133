// 「在浏览器中核验签字」: each signature on the page, judged by this browser.
import { checkSignature } from './signature-check.js';

const data = document.getElementById('sign-data');
// Browsers compute nothing of the kind on an unencrypted address.
for (const button of data && isSecureContext ? document.querySelectorAll('[data-verify]') : []) {
  button.hidden = false;
  button.addEventListener('click', () => void verifyAll(button.dataset));
}

async function verifyAll(words) {
  const { canonical, digest } = data.dataset;
  for (const row of document.querySelectorAll('[data-signature]')) {
    const checks = await checkSignature(JSON.parse(row.dataset.signature), canonical, digest);
    show(row.querySelector('[data-verdict]'), checks, words);
  }
}

function show(place, checks, words) {
  const failed = checks.some(({ holds }) => holds === false);
  const unable = checks.some(({ holds }) => holds === null);
  const verdict = document.createElement('strong');
  verdict.className = failed || unable ? 'so-bad' : 'so-good';
  verdict.textContent = failed ? words.sayFails : unable ? words.sayUnable : words.sayHolds;
  const list = document.createElement('ul');
  for (const { what, holds } of checks) {
    const line = document.createElement('li');
    line.textContent = `${holds ? '✓' : holds === null ? '?' : '✗'} ${words[`say${what[0].toUpperCase()}${what.slice(1)}`]}`;
    list.append(line);
  }
  place.replaceChildren(verdict, list);
}

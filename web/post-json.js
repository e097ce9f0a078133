/** Posts JSON and gives the answer's. Throws an error with `code`, and `sentence` when the server said one for people. */
export async function postJson(address, body) {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const answer = text === '' ? null : JSON.parse(text);
  if (response.ok) return answer;
  throw Object.assign(new Error(answer?.code ?? String(response.status)), {
    code: answer?.code,
    sentence: answer?.sentence,
  });
}

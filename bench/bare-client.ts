import { createHash, createHmac, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { numberOf, variablesOf } from './people.ts';

// The ceiling: correctly signed calls and nothing else. No database, no SDK, no retry; every answer is read and must be OK.
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    people: { type: 'string' },
    from: { type: 'string' },
    'per-request': { type: 'string' },
    'in-flight': { type: 'string' },
    sign: { type: 'string' },
    template: { type: 'string' },
    'out-id': { type: 'string' },
  },
});
const people = Number(values.people);
const from = Number(values.from);
const perRequest = Number(values['per-request']);
const inFlight = Number(values['in-flight']);
const sign = values.sign ?? '';
const template = values.template ?? '';
const outId = values['out-id'] ?? '';
const keyId = process.env['SANDBOX_ACCESS_KEY_ID'] ?? '';
const secret = process.env['SANDBOX_ACCESS_KEY_SECRET'] ?? '';
const { host } = new URL(values.url ?? '');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const emptyHash = sha256('');
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const encoded = (of: Record<string, string>): string =>
  Object.keys(of)
    .toSorted()
    .map((name) => `${encode(name)}=${encode(of[name] ?? '')}`)
    .join('&');

function signedCall(action: string, fields: Record<string, string>, form: Record<string, string> = {}) {
  const query = encoded(fields);
  const body = encoded(form);
  const bodyHash = body === '' ? emptyHash : sha256(body);
  const headers: Record<string, string> = {
    host,
    'x-acs-action': action,
    'x-acs-content-sha256': bodyHash,
    'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-version': '2017-05-25',
  };
  const names = Object.keys(headers).toSorted();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = `POST\n/\n${query}\n${lines}\n${names.join(';')}\n${bodyHash}`;
  const signature = createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${keyId},SignedHeaders=${names.join(';')},Signature=${signature}`;
  if (body !== '') headers['content-type'] = 'application/x-www-form-urlencoded';
  return { path: `/?${query}`, headers, body: body === '' ? null : body };
}

function callFor(first: number) {
  const common = { TemplateCode: template, OutId: `${outId}-${first}-1` };
  if (perRequest === 1) {
    return signedCall('SendSms', {
      ...common,
      PhoneNumbers: numberOf(first, from),
      SignName: sign,
      TemplateParam: JSON.stringify(variablesOf(first)),
    });
  }
  const seqs = Array.from({ length: Math.min(perRequest, people - first + 1) }, (_, index) => first + index);
  const fields = {
    ...common,
    PhoneNumberJson: JSON.stringify(seqs.map((seq) => numberOf(seq, from))),
    SignNameJson: JSON.stringify(seqs.map(() => sign)),
    TemplateParamJson: JSON.stringify(seqs.map(variablesOf)),
  };
  return signedCall('SendBatchSms', {}, fields);
}

const pool = new Pool(`http://${host}`, { connections: inFlight, pipelining: 1 });
let next = 1;
async function work(): Promise<void> {
  while (next <= people) {
    const first = next;
    next += perRequest;
    const { path, headers, body } = callFor(first);
    const answer = await pool.request({ path, method: 'POST', headers, body });
    const told = (await answer.body.json()) as { Code?: string };
    if (answer.statusCode !== 200 || told.Code !== 'OK')
      throw new Error(`The sandbox refused a call: ${answer.statusCode} ${told.Code ?? ''}`);
  }
}
await Promise.all(Array.from({ length: inFlight }, work));
await pool.close();
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.send?.({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: Math.round(maxRSS / 1024) });
process.disconnect?.();

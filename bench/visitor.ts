import http from 'node:http';

type Answer = { status: number; bytes: number; ms: number; cookies: string[]; body: string };
export type Ask = {
  (method: 'GET' | 'POST', path: string, form?: Record<string, string>): Promise<Answer>;
  /** Of the session, for requests of another kind. */
  cookie(): string;
};

/** Signs in as a browser does: sessions are looked up for every page, which a key is not. */
export async function enter(base: string, who: { email: string; password: string }): Promise<Ask> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let cookie = '';
  const request = (method: 'GET' | 'POST', place: string, form?: Record<string, string>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const payload = form && new URLSearchParams(form).toString();
      const began = performance.now();
      const sent = http.request(
        new URL(place, base),
        {
          method,
          agent,
          family: 4,
          headers: {
            accept: 'text/html',
            'accept-encoding': 'gzip',
            'accept-language': 'zh-CN',
            'sec-fetch-site': 'same-origin',
            ...(cookie !== '' && { cookie }),
            ...(payload !== undefined && {
              'content-type': 'application/x-www-form-urlencoded',
              'content-length': Buffer.byteLength(payload),
            }),
          },
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const body = Buffer.concat(parts);
            resolve({
              status: response.statusCode ?? 0,
              bytes: body.length,
              ms: performance.now() - began,
              cookies: (response.headers['set-cookie'] ?? []).map((each) => each.split(';')[0] ?? ''),
              body: response.headers['content-encoding'] === undefined ? body.toString() : '',
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(payload);
    });
  const ask: Ask = Object.assign(request, { cookie: () => cookie });
  const { status, cookies } = await ask('POST', '/sign-in', who);
  if (status !== 303) throw new Error(`The sign-in answered ${status}.`);
  cookie = cookies.join('; ');
  return ask;
}

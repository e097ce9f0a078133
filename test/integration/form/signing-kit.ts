import { createServer as createServerOfNode, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { createServer } from '../../../src/app/http/server.ts';
import { createSignIn } from '../../../src/house/sign-in/sign-in.ts';
import type { Role } from '../../../src/kernel/permission.rule.ts';
import type { Language } from '../../../src/kernel/translate.ts';
import { createAuthenticator } from '../../kit/authenticator.ts';
import { openHouse, type HouseOptions, type Person } from '../../kit/campaign.ts';
import { anyLocalPort } from '../../kit/endpoints.ts';
import { sessionHeaders } from '../../kit/session.ts';

export const site = { origin: 'https://waihu.example', rpId: 'waihu.example' };
type Authenticator = ReturnType<typeof createAuthenticator>;
type Passkey = { authenticator: Authenticator; credentialId: string };

/** A whole house with its console at https://waihu.example, for people who sign with passkeys in software. */
export async function openSigning(options: HouseOptions & { now?: () => Date; publicUrl?: 'listen' } = {}) {
  const house = await openHouse(options);
  const port = options.publicUrl === 'listen' ? await freePort() : null;
  // Browsers make passkeys for names, not for addresses.
  const publicUrl = port === null ? site.origin : `http://localhost:${port}`;
  const app = await createServer({
    pool: house.pool,
    processes: house.processes,
    key: house.key,
    publicUrl,
    gatewayEndpoints: anyLocalPort,
    seals: house.seals,
    logger: pino({ level: 'silent' }),
    readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
    ...(options.now && { now: options.now }),
  });
  if (port !== null) await app.listen({ port, host: 'localhost' });
  afterAll(() => app.close());
  const signIn = createSignIn({ pool: house.pool, key: house.key, baseUrl: publicUrl });
  const keys = new Map<string, string>();
  const keyOf = async ({ id }: Person): Promise<string> => {
    const known = keys.get(id);
    if (known) return known;
    const issued = await signIn.issueKey({ staffId: id, name: 'test', expiresInSeconds: null });
    keys.set(id, issued.secret);
    return issued.secret;
  };

  const sessions = new Map<string, ReturnType<typeof sessionHeaders>>();
  const sessionOf = ({ id }: Person): ReturnType<typeof sessionHeaders> => {
    const known = sessions.get(id) ?? sessionHeaders(house.pool, signIn, id, publicUrl);
    sessions.set(id, known);
    return known;
  };

  const ask = async (
    as: Person,
    method: 'GET' | 'POST',
    url: string,
    form?: Record<string, string>,
    language: Language = 'zh-CN',
  ) => {
    // Signing keys are asked for and approved by people who are signed in, never by API key.
    const { cookie, ...session } = /signing-keys|credentials/.test(url)
      ? await sessionOf(as)
      : { cookie: '', authorization: `Bearer ${await keyOf(as)}` };
    const response = await app.inject({
      method,
      url,
      headers: {
        accept: 'text/html',
        cookie: `waihu-language=${language}; ${cookie}`,
        ...session,
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form && { payload: new URLSearchParams(form).toString() }),
    });
    const { location } = response.headers;
    return {
      status: response.statusCode,
      html: response.body,
      bytes: response.rawPayload,
      location: typeof location === 'string' ? location : null,
      flash: decodeURIComponent(String(response.headers['set-cookie'] ?? '')),
    };
  };
  const get = (as: Person, url: string, language?: Language) => ask(as, 'GET', url, undefined, language);
  const post = (as: Person, url: string, form: Record<string, string> = {}) => ask(as, 'POST', url, form);

  /** A form that awaits the liaison; nobody is sent anything, its window is tomorrow, or in some days. */
  async function awaiting(audienceId: string, days = 1): Promise<{ id: string; number: string }> {
    const opens = Date.now() + days * 86_400_000;
    const id = await house.submitted(audienceId, {
      window: {
        startsAt: new Date(opens).toISOString(),
        endsAt: new Date(opens + 3_600_000).toISOString(),
        dailyFrom: '00:00',
        dailyTo: '24:00',
      },
    });
    return { id, number: (await house.show(id)).campaign.number };
  }

  /** Begins a registration; the challenge is what the browser would sign. */
  async function challengeFor(person: Person): Promise<Buffer> {
    const { html } = await post(person, '/account/signing-keys/begin');
    return Buffer.from((JSON.parse(html) as { challenge: string }).challenge, 'base64url');
  }
  const register = (person: Person, response: object, label = '办公电脑') =>
    post(person, '/account/signing-keys', { label, response: JSON.stringify(response) });

  /** A passkey that is registered by its owner's browser and approved by an administrator. */
  async function enrol(person: Person): Promise<Passkey> {
    const authenticator = createAuthenticator(site);
    const challenge = await challengeFor(person);
    const answer = await register(person, authenticator.register({ challenge }));
    if (answer.status !== 303) throw new Error(`The registration was refused: ${answer.status}`);
    const { rows } = await house.pool.query(
      `select id from credential where staff_id = $1 and kind = 'passkey' order by requested_at desc, id desc limit 1`,
      [person.id],
    );
    const credentialId = (rows[0] as { id: string }).id;
    const administrator = await house.addPerson('管理员', ['administrator']);
    const approved = await post(administrator, `/credentials/${credentialId}/approve`);
    if (approved.status !== 303) throw new Error(`The approval was refused: ${approved.status}`);
    return { authenticator, credentialId };
  }

  /** What the page's form would post after the passkey has answered. */
  async function signForm(
    person: Person,
    number: string,
    passkey: Passkey,
    change: { form?: Record<string, string>; assertion?: object } = {},
  ) {
    const { html } = await get(person, `/sign-off/${number}`);
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';
    const digest = /data-digest="([0-9a-f]{64})"/.exec(html)?.[1] ?? '';
    const evidence = passkey.authenticator.assert({ challenge: Buffer.from(digest, 'hex'), ...change.assertion });
    return {
      signatureId: field('signatureId'),
      role: field('role'),
      digest,
      credentialId: passkey.credentialId,
      evidence: JSON.stringify(evidence),
      ...change.form,
    };
  }
  async function signOnPage(...given: Parameters<typeof signForm>) {
    const [person, number] = given;
    return post(person, `/sign-off/${number}/sign`, await signForm(...given));
  }

  return {
    ...house,
    app,
    publicUrl,
    keyOf,
    sessionOf,
    get,
    post,
    awaiting,
    enrol,
    register,
    challengeFor,
    signForm,
    signOnPage,
    hire: (name: string, roles: Role[]) => house.addPerson(name, roles),
  };
}
/** Free a moment ago: the address must be known before the server is made. */
async function freePort(): Promise<number> {
  const server = createServerOfNode();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
export type Signing = Awaited<ReturnType<typeof openSigning>>;

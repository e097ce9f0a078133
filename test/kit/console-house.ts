import { readFileSync } from 'node:fs';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import path from 'node:path';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { actingStaff, type Context } from '../../src/house/context.ts';
import { createInvitation } from '../../src/house/invitation.command.ts';
import { createTemporalProcesses } from '../../src/campaign/temporal-processes.command.ts';
import { listStaff } from '../../src/house/staff.db.ts';
import type { Role } from '../../src/kernel/permission.rule.ts';
import { createServer } from '../../src/app/http/server.ts';
import { receiveAliyun } from '../../src/sms/webhook/aliyun.api.ts';
import { ensureFirstAdministrator, ensureFirstLink } from '../../src/house/sign-in/first-administrator.ts';
import { createSignIn } from '../../src/house/sign-in/sign-in.ts';
import { openHouse, type HouseOptions } from './campaign.ts';
import { newPerson, type BrowserPerson, type PersonOptions } from './browser.ts';
import { testDatabase } from './database.ts';
import type { WebParts } from './house-web.ts';
import { anyLocalPort } from './endpoints.ts';

export const password = 'correct horse battery';
export type ConsoleHouse = Awaited<ReturnType<typeof openConsoleHouse>>;
/** Somebody at a browser, with what the server sent them. */
export type Visitor = BrowserPerson & { name: string; email: string; documents: Document[] };
/** One page as the server wrote it, before scripts touched it, and the scripts it loaded. */
export type Document = { path: string; status: number; html: Promise<string>; scripts: Set<string> };

/** A whole Waihu as people meet it: `openHouse` behind the real HTTP server at http://localhost, with a first administrator's link. */
export async function openConsoleHouse(options: Omit<HouseOptions, 'web' | 'database'> = {}) {
  const database = await testDatabase();
  const { pool } = database;
  // WebAuthn and links need the address before the server stands.
  const port = await freePort();
  const baseUrl = `http://localhost:${port}`;
  const logged: string[] = [];
  let firstLink = '';

  const web = async ({ takeIn, client, taskQueue, folder, key, seals }: WebParts) => {
    const signIn = createSignIn({ pool, key, baseUrl });
    await ensureFirstAdministrator({ pool, signIn, dataFolder: folder, now: new Date() });
    const file = await ensureFirstLink({ pool, dataFolder: folder, now: new Date() }, baseUrl);
    firstLink = readFileSync(file ?? path.join(folder, 'first-sign-in-link'), 'utf8').trim();
    const app = await createServer({
      pool,
      processes: createTemporalProcesses(client, taskQueue),
      key,
      publicUrl: baseUrl,
      gatewayEndpoints: anyLocalPort,
      seals,
      logger: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
      readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
      extraRoutes: (api) => receiveAliyun(api, { pool, takeIn }),
    });
    await app.listen({ port, host: '127.0.0.1' });
    return {
      url: `http://127.0.0.1:${port}`,
      async close() {
        app.server.closeAllConnections();
        await app.close();
      },
    };
  };
  const house = await openHouse({ ...options, database, web });
  const administrator = await house.addPerson('administrator', ['administrator']);

  /** A new browser that nobody has signed in with. */
  async function visitor(browser: Browser, name: string, given: Partial<PersonOptions> = {}): Promise<Visitor> {
    const person = await newPerson(browser, { baseUrl, ...given });
    // Longer than anything takes on a busy machine, short enough to name what is missing.
    person.page.setDefaultTimeout(15_000);
    return { ...person, name, email: `${name}@example.test`, documents: documentsOf(person.page) };
  }

  /** The context of a person of the house, as the server makes it of their session. */
  async function contextOf({ email }: Visitor): Promise<Context> {
    const known = (await listStaff(pool)).find((each) => each.email === email);
    if (!known) throw new Error(`There is nobody with the address ${email}.`);
    return {
      pool,
      processes: house.processes,
      seals: house.seals,
      staff: actingStaff(known, [], new Date()),
      session: { id: known.id },
      now: () => new Date(),
    };
  }

  return {
    ...house,
    contextOf,
    baseUrl,
    firstLink,
    administrator,
    /** What the server's log says, as one text. */
    log: () => logged.join(''),
    visitor,
    /** Somebody with those roles at a new browser, signed in by their invitation. Each name once. */
    async join(browser: Browser, name: string, roles: Role[], given: Partial<PersonOptions> = {}): Promise<Visitor> {
      const person = await visitor(browser, name, given);
      const email = person.email;
      const { token } = await createInvitation(administrator.ctx, { name, email, unit: '外呼组', roles });
      await acceptLink(person, `/welcome/${token}`);
      return person;
    },
  };
}

/** Opens a one-time link and sets the password. */
export async function acceptLink({ page, name, email }: Visitor, link: string): Promise<void> {
  await page.goto(link);
  // The first administrator says who they are.
  if ((await page.locator('input[name=company]').count()) > 0) {
    await page.locator('input[name=name]').fill(name);
    await page.locator('input[name=email]').fill(email);
    await page.locator('input[name=company]').fill('云汀金融');
  }
  await page.locator('input[name=password]').fill(password);
  await page.locator('input[name=again]').fill(password);
  await press(page, 'main form button');
}

/** Presses what leads to another page, and waits for that page. */
export async function press(page: Page, selector: string): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.locator(selector).click()]);
}

/** What the server answers this page with from now on. */
function documentsOf(page: Page): Document[] {
  const documents: Document[] = [];
  page.on('response', (response) => {
    const request = response.request();
    const { pathname } = new URL(response.url());
    if (request.resourceType() === 'script') return void documents.at(-1)?.scripts.add(pathname);
    const redirects = response.status() >= 300 && response.status() < 400;
    if (request.resourceType() !== 'document' || redirects) return;
    // A page that is left at once takes its text with it.
    const html = response.text().catch(() => '');
    documents.push({ path: pathname, status: response.status(), html, scripts: new Set() });
  });
  return documents;
}

async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

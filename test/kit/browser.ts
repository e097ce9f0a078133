import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { launchBrowser, type RunningBrowser } from '../../src/kit/print/browser.ts';

export type Viewport = { width: number; height: number };
export const desktop: Viewport = { width: 1440, height: 900 };
export const phone: Viewport = { width: 390, height: 844 };

export type PersonOptions = { baseUrl: string; locale?: 'zh-CN' | 'en'; viewport?: Viewport; javaScript?: boolean };

/** Everything a healthy page never does, in the order it happened. */
export type Complaints = {
  consoleErrors: string[];
  pageErrors: string[];
  policyViolations: string[];
  /** Requests to any other origin; they are refused. */
  strangers: string[];
};

/** The platform's passkey prompt, played by the browser's virtual authenticator. */
export type VirtualAuthenticator = {
  /** Off: the person's fingerprint is not recognised. */
  setUserVerified(verified: boolean): Promise<void>;
  credentialCount(): Promise<number>;
  remove(): Promise<void>;
};

export type BrowserPerson = {
  context: BrowserContext;
  page: Page;
  authenticator: VirtualAuthenticator;
  complaints: Complaints;
  /** All complaints as lines, empty when all is well. */
  complained(): string[];
  close(): Promise<void>;
};

/** One browser for a test file, to be called at the file's level; it is there from `beforeAll` on and ends with the file. */
export function openBrowser(): { readonly browser: Browser } {
  let running: RunningBrowser | undefined;
  beforeAll(async () => {
    running = await launchBrowser({ browserPath: readConfig(process.env).browserPath });
  });
  afterAll(() => running?.close());
  return {
    get browser() {
      if (running === undefined) throw new Error('The browser starts in beforeAll.');
      return running.browser;
    },
  };
}

/** A person with a context, a page and a passkey device of their own. WebAuthn wants `baseUrl` to name `localhost`, not an address. */
export async function newPerson(browser: Browser, options: PersonOptions): Promise<BrowserPerson> {
  const { baseUrl, locale = 'zh-CN', viewport = desktop, javaScript = true } = options;
  const context = await browser.newContext({
    baseURL: baseUrl,
    locale,
    viewport,
    javaScriptEnabled: javaScript,
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  const complaints: Complaints = { consoleErrors: [], pageErrors: [], policyViolations: [], strangers: [] };
  await watch(context, new URL(baseUrl).origin, complaints);
  const page = await context.newPage();
  const authenticator = await addAuthenticator(await context.newCDPSession(page));
  return {
    context,
    page,
    authenticator,
    complaints,
    complained: () => Object.entries(complaints).flatMap(([kind, lines]) => lines.map((line) => `${kind}: ${line}`)),
    close: () => context.close(),
  };
}

async function watch(context: BrowserContext, origin: string, complaints: Complaints): Promise<void> {
  await context.exposeBinding(
    'reportPolicyViolation',
    (_, line: string) => void complaints.policyViolations.push(line),
  );
  await context.addInitScript(`addEventListener('securitypolicyviolation', (event) => reportPolicyViolation(
    event.effectiveDirective + ' refuses ' + (event.blockedURI || 'inline') + ' at ' + event.sourceFile + ':' + event.lineNumber));`);
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    // With JavaScript off the event above never fires; the console names the violation all the same.
    const violation = /Content Security Policy/i.test(message.text());
    complaints[violation ? 'policyViolations' : 'consoleErrors'].push(message.text());
  });
  context.on('weberror', (error) => complaints.pageErrors.push(String(error.error())));
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    if (url.origin === origin || url.protocol === 'data:' || url.protocol === 'blob:') return route.continue();
    complaints.strangers.push(`${route.request().method()} ${url.origin}${url.pathname}`);
    return route.abort('blockedbyclient');
  });
}

async function addAuthenticator(session: CDPSession): Promise<VirtualAuthenticator> {
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async setUserVerified(isUserVerified) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    async credentialCount() {
      return (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length;
    },
    async remove() {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
  };
}

import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { chinaTimeOf } from '../../../src/campaign/draft/draft.rule.ts';
import { seriousFindings } from '../../kit/axe.ts';
import { acceptLink, press, type ConsoleHouse, type Visitor } from '../../kit/console-house.ts';
import { faultsOfPage } from '../kit/page/kit.ts';

/** What no page may show, do or be, of everything this person was sent since the last look; the page that stands is read by axe. */
export async function lookOver(visitor: Visitor): Promise<void> {
  const { page } = visitor;
  const findings = await axeFindings(page);
  const documents = visitor.documents.splice(0);
  const written: string[] = [];
  for (const { path, status, html } of documents) {
    if (status >= 500) written.push(`${path} answered ${status}`);
    written.push(...faultsOfPage(await html).map((fault) => `${path}: ${fault}`));
  }
  // The browser notes a refusal that was asked for, and htmx a request that a newer one replaced, as errors of their own.
  const refused = documents.some(({ status }) => status >= 400);
  const complained = visitor
    .complained()
    .filter((line) => !(refused && line.startsWith('consoleErrors: Failed to load resource')))
    .filter((line) => !/^consoleErrors: htmx:(?:sendAbort|afterRequest),/.test(line));
  for (const lines of Object.values(visitor.complaints)) lines.length = 0;
  expect
    .soft([...complained, ...findings, ...written], `${visitor.name} at ${new URL(page.url()).pathname}`)
    .toEqual([]);
}

/** A page that reloads itself under axe, since its campaign went on, is read once more. */
async function axeFindings(page: Page): Promise<string[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      await page.waitForLoadState('load');
      return await seriousFindings(page);
    } catch (error) {
      if (tries === 5 || !/context was destroyed|navigat/i.test(String(error))) throw error;
    }
  }
}

/** Opens a page and looks it over. */
export async function open(visitor: Visitor, path: string): Promise<Page> {
  await visitor.page.goto(path);
  await lookOver(visitor);
  return visitor.page;
}

/** Presses what leads on, and looks over the page it leads to. */
export async function go(visitor: Visitor, selector: string): Promise<Page> {
  await press(visitor.page, selector);
  await lookOver(visitor);
  return visitor.page;
}

/** Fills fields by name. */
export async function fill(page: Page, fields: Readonly<Record<string, string>>, within = 'main'): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.locator(`${within} [name="${name}"]`).fill(value);
}

/** Fields of a window that is open now, at any hour of the day. */
export const openNow = () => ({
  startsAt: chinaTimeOf(new Date()),
  endsAt: chinaTimeOf(new Date(Date.now() + 86_400_000)),
  dailyFrom: '00:00',
  dailyTo: '24:00',
});

/** Chooses by what the option says. */
export async function choose(page: Page, select: string, words: string): Promise<void> {
  const options = await page.locator(`${select} option`).allInnerTexts();
  await page.locator(select).selectOption({ index: options.findIndex((option) => option.includes(words)) });
}

export const pathOf = (page: Page): string => new URL(page.url()).pathname;
export const textOf = (page: Page, selector = 'main'): Promise<string> => page.locator(selector).innerText();

/** Comes in by a one-time link, and looks over what it leads to. */
export async function comeIn(visitor: Visitor, link: string): Promise<void> {
  await open(visitor, link);
  await acceptLink(visitor, link);
  await lookOver(visitor);
}

/** Invites somebody on the page of people; gives their link. */
export async function inviteOnPage(administrator: Visitor, name: string, roles: readonly string[]): Promise<string> {
  const page = await open(administrator, '/people');
  await fill(page, { name, email: `${name}@example.test`, unitNew: '外呼组' });
  for (const role of roles) await page.locator(`[name=role-${role}]`).check();
  await go(administrator, 'form[action="/people"] button');
  return page.locator('#link').inputValue();
}

/** Adds a passkey for signing on one's account page. */
export async function addSigningKey(visitor: Visitor, label: string): Promise<void> {
  await open(visitor, '/account');
  await visitor.page.locator('#signing-key-label').fill(label);
  await go(visitor, 'form[data-signing-key] button');
}

/** Approves whatever signing keys this person has asked for. */
export async function approveSigningKeys(administrator: Visitor, name: string): Promise<void> {
  await open(administrator, '/people');
  await go(administrator, `main table a:text-is("${name}")`);
  await go(administrator, 'form[action$="/approve"] button');
}

/** Signs the form that stands open, as one does at a desk. */
export async function signAtDesk(visitor: Visitor, number: string): Promise<void> {
  const page = await open(visitor, `/sign-off/${number}`);
  await page.locator('#read-all').check();
  await go(visitor, 'button[data-sign=desk]');
}

/** Signs with the thumb, after looking at the longest example and the audience. */
export async function signOnPhone(visitor: Visitor, number: string): Promise<void> {
  const page = await open(visitor, `/sign-off/${number}`);
  await page.locator('.so-tabs label').last().click();
  await page.locator('.so-phone details[data-audience] summary').click();
  await lookOver(visitor);
  await go(visitor, 'button[data-sign=phone]');
}

/** Waits until the campaign's page, which is not touched meanwhile, says so by itself. */
export const untilState = (page: Page, ...states: string[]): Promise<void> =>
  expect
    .poll(
      () =>
        page
          .locator('#campaign')
          .getAttribute('data-state')
          .catch(() => 'on its way'),
      { timeout: 60_000 },
    )
    .toMatch(new RegExp(`^(?:${states.join('|')})$`));

/** The ledger's parts by name, as the campaign's page shows them. */
export async function ledgerOf(page: Page): Promise<Record<string, number>> {
  const parts = await page.locator('.ledger-part').all();
  const counted = parts.map(async (part) => {
    const name = (await part.locator('.dot').getAttribute('class'))?.replace(/^dot dot-/, '') ?? '';
    return [name, Number((await part.locator('.figure').innerText()).replaceAll(',', ''))] as const;
  });
  return Object.fromEntries(await Promise.all(counted));
}

/** Opens the dialog on a campaign's page and says why, up to the last press. */
export async function aboutToPause(page: Page, reason: string): Promise<void> {
  await page.locator('button[popovertarget=pause].btn-pause').first().click();
  await page.locator('#pause-reason').fill(reason);
}
export const confirmPause = (page: Page): Promise<void> => press(page, '#pause .dialog-acts button:not([type=button])');

export async function pause(page: Page, reason: string): Promise<void> {
  await aboutToPause(page, reason);
  await confirmPause(page);
}

export async function resume(page: Page): Promise<void> {
  await page.locator('button[popovertarget=resume].btn-primary').first().click();
  await press(page, '#resume .dialog-acts button:not([type=button])');
}

/** What the gateway has taken of the campaign, in its own words, the first first. */
export async function witnessed(house: ConsoleHouse, number: string): Promise<{ phone: string; acceptedAt: string }[]> {
  const { rows } = await house.pool.query('select key from campaign where number = $1', [number]);
  const pages = [...house.sandbox.witness.lines({ outIdPrefix: `wh-${rows[0].key}-` })];
  return pages.flatMap((lines) =>
    lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
  );
}

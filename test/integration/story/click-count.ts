import type { Browser } from 'playwright-core';
import type { ConsoleHouse, Visitor } from '../../kit/console-house.ts';

/** What all people of a story have done together. */
export type Tally = { clicks: number; fields: number };

// In the page, before any script of it: every real press of the mouse, every Enter, every field that is filled or changed,
// once each. A box or a radio button is a press and no field.
const watch = `{
  const press = () => countAct('clicks');
  addEventListener('pointerdown', (event) => event.isTrusted && press(), true);
  addEventListener('keydown', (event) => event.key === 'Enter' && press(), true);
  const known = new WeakSet();
  const fill = ({ target }) => {
    if (known.has(target) || target.type === 'checkbox' || target.type === 'radio') return;
    known.add(target);
    countAct('fields');
    if (target.tagName === 'SELECT') { press(); press(); }
  };
  addEventListener('input', fill, true);
  addEventListener('change', fill, true);
}`;

/**
 * People whose acts are counted where they happen, in the browser, so that no helper can forget one. An address that is
 * opened from elsewhere (a link that somebody was sent) or a page that is loaded again counts as a click too.
 */
export function countActs(house: ConsoleHouse, browser: Browser) {
  const tally: Tally = { clicks: 0, fields: 0 };
  return {
    tally,
    come: async (name: string): Promise<Visitor> => {
      const visitor = await house.visitor(browser, name);
      await visitor.context.exposeBinding('countAct', (_, kind: keyof Tally) => void (tally[kind] += 1));
      await visitor.context.addInitScript(watch);
      const { page } = visitor;
      // Several people in one browser, and all else that the machine has to do.
      page.setDefaultTimeout(60_000);
      for (const way of ['goto', 'reload', 'goBack', 'goForward'] as const) {
        const go = page[way].bind(page) as (...given: unknown[]) => Promise<never>;
        page[way] = (...given: unknown[]) => {
          tally.clicks += 1;
          return go(...given);
        };
      }
      return visitor;
    },
  };
}

import { AppError } from '../../kernel/app-error.rule.ts';
import { inTime } from '../../kernel/in-time.ts';
import type { PrintAssets } from './assets.ts';
import { launchBrowser, type RunningBrowser } from './browser.ts';
import { printPage } from './page-printer.ts';

export interface PrinterOptions {
  browserPath?: string | undefined;
  /** The folder for the npm package's browser; see `launchBrowser`. */
  unpackInto?: string;
  assets: PrintAssets;
  /** How long an unused browser is kept. */
  idleMs?: number;
  /** For one document, without the wait for its turn. */
  timeoutMs?: number;
  /** Documents that may wait for their turn, the one at work included. */
  maxWaiting?: number;
}

export interface Printer {
  /**
   * An A4 PDF, tagged and outlined by its headings, of a whole HTML document. Its links are relative to the assets (`/assets/…`); scripts do not run.
   * Throws `print.no-browser`, `print.timeout`, `print.busy`, `print.failed`, `print.no-font`, `print.closed`, all `unavailable`.
   */
  pdf(html: string): Promise<Buffer>;
  /** Ends the browser; what is still waiting is refused with `print.closed`. */
  close(): Promise<void>;
}

// Assets are answered before any look-up, so no name and no address needs to resolve: this also stops what
// interception does not see, such as dns-prefetch and preconnect.
const noNetwork = ['--host-resolver-rules=MAP * ~NOTFOUND'];

const unavailable = (code: string, message: string, cause?: unknown): AppError =>
  new AppError('unavailable', code, message, undefined, { cause });

/** Prints one document after another: a browser takes 100 MB and more, and two documents at once gain nothing on a small machine. */
export function createPrinter(options: PrinterOptions): Printer {
  const { assets, idleMs = 60_000, timeoutMs = 30_000, maxWaiting = 20, browserPath, unpackInto } = options;
  const launchOptions = { browserPath, ...(unpackInto !== undefined && { unpackInto }), args: noNetwork };
  let running: RunningBrowser | null = null;
  let closed = false;
  let waiting = 0;
  let idle: NodeJS.Timeout | undefined;
  /** Everything that starts or ends the browser goes through this queue, so no two of them ever meet. */
  let queue: Promise<unknown> = Promise.resolve();

  const demandOpen = (): void => {
    if (closed) throw unavailable('print.closed', 'Printing has ended because Waihu is stopping.');
  };

  async function stop(): Promise<void> {
    const ending = running;
    running = null;
    await ending?.close();
  }

  async function ready(): Promise<RunningBrowser> {
    if (running !== null && !running.browser.isConnected()) await stop();
    running ??= await launchBrowser(launchOptions);
    return running;
  }

  async function attempt(html: string): Promise<Buffer | 'crashed'> {
    demandOpen();
    const { browser } = await ready();
    demandOpen();
    try {
      return await withinTime(printPage(browser, html, assets), timeoutMs);
    } catch (error) {
      // Whatever went wrong in it, the next document gets a fresh one.
      const crashed = !browser.isConnected();
      await stop();
      demandOpen();
      if (error instanceof AppError) throw error;
      if (crashed) return 'crashed';
      throw unavailable('print.failed', 'The browser could not print this document.', error);
    }
  }

  async function print(html: string): Promise<Buffer> {
    // The kept browser may have died unnoticed: once again with a new one, which then shows whether the document kills it.
    for (const _ of ['kept', 'fresh']) {
      const result = await attempt(html);
      if (result !== 'crashed') return result;
    }
    throw unavailable('print.failed', 'The browser crashed twice while printing this document.');
  }

  function rest(): void {
    if (waiting > 0 || closed) return;
    idle = setTimeout(() => {
      queue = queue.then(stop);
    }, idleMs);
    // Nobody waits for an unused browser: it ends with the process.
    idle.unref();
  }

  return {
    async pdf(html) {
      demandOpen();
      if (waiting >= maxWaiting) throw unavailable('print.busy', `${waiting} documents wait to be printed; try again.`);
      waiting += 1;
      clearTimeout(idle);
      const printed = queue
        .then(() => print(html))
        .finally(() => {
          waiting -= 1;
          rest();
        });
      queue = printed.catch(() => undefined);
      return printed;
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      // Twice: the first ends the document at work, the second a browser that was just starting.
      await stop();
      await queue;
      await stop();
    },
  };
}

const withinTime = <T>(work: Promise<T>, timeoutMs: number): Promise<T> =>
  inTime(work, timeoutMs, () => {
    const message = `Printing took longer than ${timeoutMs / 1000} s; the document may be too long.`;
    throw unavailable('print.timeout', message);
  });

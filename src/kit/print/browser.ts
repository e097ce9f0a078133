import { homedir, tmpdir } from 'node:os';
import { chromium, type Browser } from 'playwright-core';
import { AppError } from '../../kernel/app-error.rule.ts';
import { bundledBrowserFits, noBrowser, unpackBundledBrowser, type BundledBrowser } from './bundled-browser.ts';
import { installedBrowsers } from './installed-browser.ts';

export interface BrowserOptions {
  /** WAIHU_BROWSER: this one or none. Undefined: an installed Chrome, Chromium or Edge, else the one of the npm package. */
  browserPath?: string | undefined;
  /** Folder for the npm package's browser; the system's temporary folder by default. */
  unpackInto?: string;
  args?: readonly string[];
}

export interface RunningBrowser {
  browser: Browser;
  pid: number;
  /** Ends the browser and its children, by force when it does not answer. */
  close(): Promise<void>;
}

interface Attempt {
  executable: string;
  env: Record<string, string>;
  args: readonly string[];
  sandbox: boolean;
}

const launchTimeoutMs = 30_000;
const closeTimeoutMs = 5_000;

/** Starts a headless browser. It ends with this process, however that ends. Throws `print.no-browser`, which names the fix. */
export async function launchBrowser({
  browserPath,
  unpackInto,
  args = [],
}: BrowserOptions = {}): Promise<RunningBrowser> {
  const reasons: string[] = [];
  for (const executable of browserPath === undefined ? installedBrowsers() : [browserPath]) {
    try {
      return await launch(executable, args, {});
    } catch (error) {
      if (browserPath !== undefined) throw noBrowser(`WAIHU_BROWSER (${browserPath}) ${reasonOf(error)}`, error);
      reasons.push(`${executable} ${reasonOf(error)}`);
    }
  }
  if (!bundledBrowserFits()) throw noBrowser(reasons.join('; ') || 'none is installed');
  const bundled = await unpackBundledBrowser(unpackInto);
  try {
    return await launchBundled(bundled, args);
  } catch (error) {
    const reason = `${bundled.executable} ${reasonOf(error)}`;
    throw error instanceof AppError ? error : noBrowser([...reasons, reason].join('; '), error);
  }
}

async function launchBundled(
  { executable, libraries, fontConfig }: BundledBrowser,
  args: readonly string[],
): Promise<RunningBrowser> {
  const env = { FONTCONFIG_FILE: fontConfig };
  try {
    return await launch(executable, args, env);
  } catch (error) {
    // The machine's own libraries come first: they get its security updates.
    if (!/shared librar/i.test(String(error))) throw error;
    return launch(executable, args, { ...env, LD_LIBRARY_PATH: libraries });
  }
}

async function launch(
  executable: string,
  args: readonly string[],
  extraEnv: Record<string, string>,
): Promise<RunningBrowser> {
  // The browser is told nothing of our settings: the environment holds passwords.
  const env = { HOME: homedir(), TMPDIR: tmpdir(), PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...extraEnv };
  // Chrome refuses to build its sandbox as root.
  const sandbox = process.getuid?.() !== 0;
  try {
    return await start({ executable, env, args, sandbox });
  } catch (error) {
    // Containers often forbid the name spaces the sandbox is made of.
    if (!sandbox || !/sandbox|namespace/i.test(String(error))) throw error;
    return start({ executable, env, args, sandbox: false });
  }
}

async function start({ executable, env, args, sandbox }: Attempt): Promise<RunningBrowser> {
  const browser = await chromium.launch({
    executablePath: executable,
    chromiumSandbox: sandbox,
    timeout: launchTimeoutMs,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    // Windows programs do not start without SystemRoot and its kin, so there the environment is inherited.
    ...(process.platform !== 'win32' && { env }),
    args: [
      '--disable-gpu',
      '--disable-webgl',
      // A container's /dev/shm has 64 MB; a long page wants more and dies.
      '--disable-dev-shm-usage',
      '--disable-domain-reliability',
      '--no-pings',
      '--font-render-hinting=none',
      // The zygote starts sandboxed children; without a sandbox it is one process more.
      ...(sandbox ? [] : ['--no-zygote']),
      ...args,
    ],
  });
  try {
    const pid = await pidOf(browser);
    return { browser, pid, close: () => close(browser, pid) };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function pidOf(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const main = processInfo.find((process) => process.type === 'browser');
  if (main === undefined) throw new Error('The browser does not name its own process.');
  return main.id;
}

async function close(browser: Browser, pid: number): Promise<void> {
  const closed = browser.close().catch(() => undefined);
  const timer = setTimeout(() => kill(pid), closeTimeoutMs);
  await closed;
  clearTimeout(timer);
}

function kill(pid: number): void {
  try {
    // Its own process group: a frozen browser cannot take its children along.
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The one line a person can act on; the whole story is the cause. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : '';
  if (/ENOENT/.test(said) || /doesn't exist/.test(said)) return 'does not exist';
  if (/EACCES/.test(said)) return 'may not be executed (is its folder mounted noexec? then point TMPDIR elsewhere)';
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(said)?.[1];
  if (library !== undefined) return `lacks the library ${library}`;
  return 'does not start';
}

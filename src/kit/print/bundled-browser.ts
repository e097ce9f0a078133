import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';

export interface BundledBrowser {
  executable: string;
  /** The libraries a bare container lacks (NSS, Expat…), for LD_LIBRARY_PATH. */
  libraries: string;
  /** For FONTCONFIG_FILE: the machine's fonts and Open Sans. */
  fontConfig: string;
}

/** The binary inside `@sparticuz/chromium` is built for this platform alone. */
export const bundledBrowserFits = (): boolean => process.platform === 'linux' && process.arch === 'x64';

/** A killed unpacking leaves 200 MB behind; one that is still at work is far younger than this. */
const staleAfterMs = 60 * 60 * 1000;

/**
 * Chromium out of the npm package, unpacked once into a folder under `into` that only this user can enter.
 * Safe when several processes do it at once. Throws `print.no-browser`.
 */
export async function unpackBundledBrowser(into: string = tmpdir()): Promise<BundledBrowser> {
  const folder = join(into, `waihu-chromium-${packageVersion()}-${process.getuid?.() ?? 'user'}`);
  const found = {
    executable: join(folder, 'chromium'),
    libraries: join(folder, 'al2023', 'lib'),
    fontConfig: join(folder, 'waihu-fonts.conf'),
  };
  try {
    await demandOurs(folder);
    if (existsSync(found.executable)) return found;
    await mkdir(into, { recursive: true });
    await removeStale(folder);
    const staging = await mkdtemp(`${folder}.`);
    try {
      await unpack(staging);
      await writeFile(join(staging, basename(found.fontConfig)), fontConfig(folder));
      await publish(staging, folder);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    return found;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw noBrowser(unpackFault(error, into), error);
  }
}

/** What went wrong and what helps, out of the error of the file system or of the unpacking child. */
export function unpackFault(error: unknown, into: string): string {
  const said = `${(error as { stderr?: string }).stderr ?? ''} ${error instanceof Error ? error.message : ''}`;
  if (/ENOSPC|EDQUOT/.test(said))
    return `${into} is full: Chromium needs 210 MB there; make room or point TMPDIR elsewhere`;
  if (/EROFS|EACCES|EPERM/.test(said)) return `${into} cannot be written to; point TMPDIR to a folder that can`;
  return `Chromium could not be unpacked into ${into}`;
}

export const noBrowser = (reason: string, cause?: unknown): AppError =>
  new AppError(
    'unavailable',
    'print.no-browser',
    `No browser to print with: ${reason}. Install Google Chrome or Chromium, or set WAIHU_BROWSER to the path of one.`,
    undefined,
    { cause },
  );

/** /tmp is everybody's: whoever makes our folder first could make us run their program. */
async function demandOurs(folder: string): Promise<void> {
  const there = await lstat(folder).catch(() => null);
  if (there === null) return;
  const uid = process.getuid?.() ?? there.uid;
  if (there.isDirectory() && there.uid === uid && (there.mode & 0o077) === 0) return;
  throw noBrowser(`${folder} was made by somebody else or is open to others; remove it or point TMPDIR elsewhere`);
}

/** In a child, because the package unpacks into TMPDIR under fixed names and takes half a file for a whole one. */
async function unpack(staging: string): Promise<void> {
  const script = `const { default: chromium } = await import(process.argv[1]); await chromium.executablePath();`;
  // The package unpacks its libraries only where it believes to be on Lambda.
  const env = { TMPDIR: staging, HOME: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
  await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script, import.meta.resolve('@sparticuz/chromium')],
    { env, timeout: 120_000 },
  );
}

/** Without a single font of the system Chromium lays out no text at all, not even in fonts the page brings along. */
const fontConfig = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'font-cache')}</cachedir>
</fontconfig>
`;

/** The rename is the moment the browser exists: nobody ever sees half of one. */
async function publish(staging: string, folder: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(staging, folder);
      return;
    } catch (error) {
      const taken = ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!taken) throw error;
      await demandOurs(folder);
      if (existsSync(join(folder, 'chromium'))) return;
      if (attempt > 3) throw error;
      // A cleaner of temporary files took the program and left the folder.
      const rest = await mkdtemp(`${folder}.`);
      await rename(folder, join(rest, 'rest')).catch(() => undefined);
      await rm(rest, { recursive: true, force: true });
    }
  }
}

async function removeStale(folder: string): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${basename(folder)}.`)) continue;
    const made = (await lstat(join(parent, name)).catch(() => null))?.mtimeMs ?? Date.now();
    if (Date.now() - made > staleAfterMs) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function packageVersion(): string {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'));
  const file = join(dirname(entry), '..', '..', 'package.json');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}

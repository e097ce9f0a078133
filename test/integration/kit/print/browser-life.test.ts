import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createPrinter, type Printer, type PrinterOptions } from '../../../../src/kit/print/pdf.ts';
import { readPdf } from './pdf-text.ts';

const open: Printer[] = [];
afterEach(async () => {
  for (const printer of open.splice(0)) await printer.close();
});

const makePrinter = (options: Partial<PrinterOptions> = {}): Printer => {
  const printer = createPrinter({ assets: new Map(), ...options });
  open.push(printer);
  return printer;
};

const page = (text: string): string => `<!doctype html><html lang="en"><title>t</title><p>${text}</p></html>`;

/** Processes below `parent` that have not ended, deepest last. */
function offspring(parent = process.pid): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, state, of] = /^\d+ \(.*\) (\w) (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return Number(of) === parent && state !== 'Z' ? [Number(name)] : [];
      } catch {
        // It ended between the two looks.
        return [];
      }
    });
  return children.concat(children.flatMap((child) => offspring(child)));
}

const alive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** The browser itself: the one child that has children or the only one there is. */
const browserPid = (): number => {
  const [pid] = offspring();
  if (pid === undefined) throw new Error('No browser runs.');
  return pid;
};

test('no browser runs before the first document and one serves several', async () => {
  const printer = makePrinter();
  expect(offspring()).toEqual([]);
  await printer.pdf(page('one'));
  const pid = browserPid();
  await printer.pdf(page('two'));
  expect(browserPid()).toBe(pid);
});

test('after close no process is left and printing is refused', async () => {
  const printer = makePrinter();
  await printer.pdf(page('one'));
  const started = offspring();
  expect(started.length).toBeGreaterThan(0);
  await printer.close();
  await expect.poll(() => started.filter(alive)).toEqual([]);
  await expect(printer.pdf(page('two'))).rejects.toMatchObject({ code: 'print.closed' });
});

test('a browser killed while it rests is replaced without anybody noticing', async () => {
  const printer = makePrinter();
  await printer.pdf(page('one'));
  const pid = browserPid();
  process.kill(pid, 'SIGKILL');
  expect(readPdf(await printer.pdf(page('two'))).pages).toEqual(['two']);
  expect(browserPid()).not.toBe(pid);
});

test('a browser killed at work is replaced, and the document is printed after all', async () => {
  const printer = makePrinter();
  await printer.pdf(page('warm'));
  const pid = browserPid();
  const long = printer.pdf(page('row '.repeat(200_000)));
  process.kill(pid, 'SIGKILL');
  expect(readPdf(await long).pages.join('')).toContain('row');
  expect(readPdf(await printer.pdf(page('next'))).pages).toEqual(['next']);
});

test('a browser that does not answer any more is ended by force', async () => {
  const printer = makePrinter();
  await printer.pdf(page('one'));
  const started = offspring();
  process.kill(browserPid(), 'SIGSTOP');
  await printer.close();
  await expect.poll(() => started.filter(alive)).toEqual([]);
});

test('a document that takes too long is given up with a clear error and leaves no process', async () => {
  const printer = makePrinter({ timeoutMs: 1 });
  await expect(printer.pdf(page('late'))).rejects.toMatchObject({ kind: 'unavailable', code: 'print.timeout' });
  await expect.poll(() => offspring()).toEqual([]);
});

test('closing in the middle of documents refuses those and leaves no process', async () => {
  const printer = makePrinter();
  const results = ['a', 'b', 'c'].map((text) =>
    printer.pdf(page(text.repeat(100_000))).catch((error: unknown) => error),
  );
  await printer.close();
  for (const result of await Promise.all(results)) expect(result).toMatchObject({ code: 'print.closed' });
  await expect.poll(() => offspring()).toEqual([]);
});

test('an unused browser ends by itself, and the next document starts another', async () => {
  const printer = makePrinter({ idleMs: 1 });
  await printer.pdf(page('one'));
  await expect.poll(() => offspring(), { timeout: 20_000 }).toEqual([]);
  expect(readPdf(await printer.pdf(page('two'))).pages).toEqual(['two']);
});

test('the browser ends with its process even when that is killed', async () => {
  const script = `
    import { createPrinter } from '${new URL('../../../../src/kit/print/pdf.ts', import.meta.url).href}';
    await createPrinter({ assets: new Map(), unpackInto: process.argv[1] }).pdf('<p>x</p>');
    process.stdout.write('printed');
    setInterval(() => undefined, 1000);`;
  // A killed process cannot remove the browser's profile; this test can.
  const folder = mkdtempSync(join(tmpdir(), 'waihu-print-test-'));
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, tmpdir()], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const below = offspring(child.pid);
  expect(below.length).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await expect.poll(() => below.filter(alive), { timeout: 20_000 }).toEqual([]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

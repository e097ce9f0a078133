import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a printed page may load, by path (`/assets/…`); `file` is read when it is asked for. */
export type PrintAsset = { type: string; body: string | Buffer } | { type: string; file: string };
export type PrintAssets = ReadonlyMap<string, PrintAsset>;

/** Noto Sans SC (`font-family: 'Noto Sans SC Variable'`) with `<under>/index.css` as its stylesheet. A bare machine has no
 *  Chinese font; the hundred files are cut by character range, so a page loads the few it needs. */
export async function chineseFont(under = '/assets/noto-sans-sc'): Promise<PrintAssets> {
  const stylesheet = fileURLToPath(import.meta.resolve('@fontsource-variable/noto-sans-sc/index.css'));
  const folder = join(dirname(stylesheet), 'files');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.woff2'));
  return new Map<string, PrintAsset>([
    [`${under}/index.css`, { type: 'text/css; charset=utf-8', body: await readFile(stylesheet, 'utf8') }],
    ...files.map((name): [string, PrintAsset] => [
      `${under}/files/${name}`,
      { type: 'font/woff2', file: join(folder, name) },
    ]),
  ]);
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { Api } from '../http/api.ts';

const { resolve } = createRequire(import.meta.url);
const own = fileURLToPath(new URL('../../../web/', import.meta.url));
const inPackage = (file: string): string => resolve(file);
const packageFolder = (name: string): string =>
  path.join(fileURLToPath(new URL('../../../node_modules/', import.meta.url)), name);

/** Files of packages that pages use, by the name pages give them. */
const borrowed: Record<string, string> = {
  'tabler.css': inPackage('@tabler/core/dist/css/tabler.min.css'),
  'htmx.js': inPackage('htmx.org/dist/htmx.min.js'),
  'echarts.js': inPackage('echarts/dist/echarts.min.js'),
  'icons/tabler-icons.css': inPackage('@tabler/icons-webfont/dist/tabler-icons.min.css'),
  'icons/fonts/tabler-icons.woff2': inPackage('@tabler/icons-webfont/dist/fonts/tabler-icons.woff2'),
};
/** Folders of packages whose files name each other. */
const borrowedFolders: Record<string, string> = {
  'noto/': packageFolder('@fontsource-variable/noto-sans-sc'),
  'webauthn/': packageFolder('@simplewebauthn/browser/esm'),
};

/**
 * Sheets that are written in parts, in the order of their cascade: a part dresses one thing at every width. A browser gets them as
 * one file, because ten small ones before the first picture cost it ten requests.
 */
const sheets: Record<string, readonly string[]> = {
  'console.css': [
    'console/base.css',
    'console/top-bar.css',
    'console/frame.css',
    'console/card.css',
    'console/table.css',
    'console/form.css',
    'console/dialog.css',
    'console/status.css',
    'console/row-card.css',
    'console/on-paper.css',
  ],
  'campaign.css': ['campaign/list.css', 'campaign/ledger.css', 'campaign/live.css', 'campaign/people.css'],
  'sign-off.css': ['sign-off/paper.css', 'sign-off/panel.css', 'sign-off/phone.css', 'sign-off/on-paper.css'],
};

export type AssetUrl = (name: string) => string;

/** Where a file of web/ or of a package lies; null when pages may not have it. */
export function fileOf(name: string): string | null {
  if (name.split('/').includes('..')) return null;
  if (Object.hasOwn(borrowed, name)) return borrowed[name] ?? null;
  const folder = Object.keys(borrowedFolders).find((prefix) => name.startsWith(prefix));
  return folder ? path.join(borrowedFolders[folder] ?? '', name.slice(folder.length)) : path.join(own, name);
}

/** The bytes of a sheet in parts; null for every other name. */
function sheetOf(name: string): Buffer | null {
  const parts = Object.hasOwn(sheets, name) ? sheets[name] : undefined;
  return parts ? Buffer.concat(parts.map((part) => readFileSync(path.join(own, part)))) : null;
}

/** The address of an asset with the digest of its bytes: it may be kept for ever, since another version has another address. */
export function createAssetUrls(): AssetUrl {
  const known = new Map<string, string>();
  return (name) => {
    let url = known.get(name);
    if (url === undefined) {
      const digest = createHash('sha256')
        .update(sheetOf(name) ?? readFileSync(fileOf(name) ?? name))
        .digest('base64url');
      url = `/assets/${name}?v=${digest.slice(0, 12)}`;
      known.set(name, url);
    }
    return url;
  };
}

const year = 365 * 86_400_000;

/** Styles, scripts and fonts for everybody: they hold nothing of the house. */
export async function serveAssets(app: Api): Promise<void> {
  await app.register(fastifyStatic, { root: own, serve: false });
  app.get<{ Params: { '*': string }; Querystring: { v?: string } }>(
    '/assets/*',
    { config: { needs: 'nobody-signed-in', page: false } },
    (request, reply) => {
      const name = request.params['*'];
      const file = fileOf(name);
      if (!file) return reply.callNotFound();
      void reply.header('x-content-type-options', 'nosniff');
      const keptFor = request.query.v ? { maxAge: year, immutable: true } : { maxAge: 0 };
      const sheet = sheetOf(name);
      // A file that is not there must not be kept, so what finds the file sets the header.
      if (!sheet) return reply.sendFile(path.basename(file), path.dirname(file), keptFor);
      const kept = request.query.v ? `public, max-age=${year / 1_000}, immutable` : 'public, max-age=0';
      return reply.type('text/css; charset=utf-8').header('cache-control', kept).send(sheet);
    },
  );
}

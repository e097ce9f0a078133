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

export type AssetUrl = (name: string) => string;

/** Where a file of web/ or of a package lies; null when pages may not have it. */
export function fileOf(name: string): string | null {
  if (name.split('/').includes('..')) return null;
  if (Object.hasOwn(borrowed, name)) return borrowed[name] ?? null;
  const folder = Object.keys(borrowedFolders).find((prefix) => name.startsWith(prefix));
  return folder ? path.join(borrowedFolders[folder] ?? '', name.slice(folder.length)) : path.join(own, name);
}

/** The address of an asset with the digest of its bytes: it may be kept for ever, since another version has another address. */
export function createAssetUrls(): AssetUrl {
  const known = new Map<string, string>();
  return (name) => {
    let url = known.get(name);
    if (url === undefined) {
      const digest = createHash('sha256')
        .update(readFileSync(fileOf(name) ?? name))
        .digest('base64url');
      url = `/assets/${name}?v=${digest.slice(0, 12)}`;
      known.set(name, url);
    }
    return url;
  };
}

/** Styles, scripts and fonts for everybody: they hold nothing of the house. */
export async function serveAssets(app: Api): Promise<void> {
  await app.register(fastifyStatic, { root: own, serve: false });
  app.get<{ Params: { '*': string }; Querystring: { v?: string } }>(
    '/assets/*',
    { config: { needs: 'nobody-signed-in', page: false } },
    (request, reply) => {
      const file = fileOf(request.params['*']);
      if (!file) return reply.callNotFound();
      const kept = request.query.v ? 'public, max-age=31536000, immutable' : 'no-cache';
      return reply
        .header('x-content-type-options', 'nosniff')
        .sendFile(path.basename(file), path.dirname(file), { cacheControl: false })
        .header('cache-control', kept);
    },
  );
}

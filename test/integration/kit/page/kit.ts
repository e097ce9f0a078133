import type { Language } from '../../../../src/kernel/translate.ts';
import { openHouse, type House, type Person } from '../http/kit.ts';

export type Shown = { status: number; html: string; location: string | null; headers: Record<string, unknown> };
type Options = {
  as?: Person | null;
  language?: Language;
  htmx?: boolean;
  headers?: Record<string, string>;
  signedIn?: boolean;
};

/** The console on a database of its own, asked as a browser asks. `as` defaults to the administrator. */
export async function openConsole(given: Parameters<typeof openHouse>[0] = {}) {
  const house = await openHouse(given);
  const ask = async (method: 'GET' | 'POST', path: string, options: Options, form?: Record<string, unknown>) => {
    const { as = house.people.administrator, language = 'zh-CN', htmx = false, signedIn = false } = options;
    const { cookie = '', ...who } = !as
      ? {}
      : signedIn
        ? await house.sessionOf(as.id)
        : { authorization: `Bearer ${as.key}` };
    const response = await house.app.inject({
      method,
      url: path,
      headers: {
        accept: 'text/html',
        cookie: `waihu-language=${language}; ${cookie}`,
        ...who,
        ...(htmx && { 'hx-request': 'true' }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...options.headers,
      },
      ...(form && { payload: encode(form) }),
    });
    const location = response.headers['location'];
    return {
      status: response.statusCode,
      html: response.body,
      location: typeof location === 'string' ? location : null,
      headers: response.headers,
    };
  };
  return {
    ...house,
    get: (path: string, options: Options = {}): Promise<Shown> => ask('GET', path, options),
    /** A form as a browser posts it; a list gives one field several times. */
    post: (path: string, form: Record<string, unknown>, options: Options = {}): Promise<Shown> =>
      ask('POST', path, options, form),
  };
}
export type Console = House & Awaited<ReturnType<typeof openConsole>>;

function encode(form: Record<string, unknown>): string {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form))
    for (const each of Array.isArray(value) ? value : [value]) body.append(name, String(each));
  return body.toString();
}

/** What no page may hold: words without a translation, inline code or style, a whole phone number. */
export const faultsOfPage = (html: string): string[] =>
  [/⟦[^⟧]*⟧/, /<[^>]+\son\w+=/, /<[^>]+\sstyle=/, /<script(?![^>]*\ssrc=)/, /(?<![\w-])1[3-9]\d{9}(?![\w-])/].flatMap(
    (pattern) => pattern.exec(html)?.slice(0, 1) ?? [],
  );

/** What a browser reads out of an attribute or a text that the templates have written. */
export const unescapeHtml = (html: string): string =>
  html
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&#x3D;', '=')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#x60;', '`')
    .replaceAll('&amp;', '&');

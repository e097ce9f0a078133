import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { z } from 'zod';

export const languages = ['zh-CN', 'en'] as const;
export type Language = (typeof languages)[number];

const Entry = z.strictObject({ 'zh-CN': z.string(), en: z.string() });
const Catalogue = z.record(z.string(), Entry);
export type Entry = z.infer<typeof Entry>;

export type Params = Record<string, string | number | Date>;
/** Words for `key` in ICU MessageFormat; a key nobody wrote words for shows as ⟦key⟧, which a test looks for. */
export type Translate = ((key: string, params?: Params) => string) & {
  language: Language;
  has: (key: string) => boolean;
};

/** One file a noun, beside its room: `list.title` of `campaign.words.json` is `campaign.list.title`. */
export function readCatalogue(): ReadonlyMap<string, Entry> {
  const src = fileURLToPath(new URL('../', import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.words.json'));
  return new Map(
    files.flatMap((file) => {
      const entries = Catalogue.parse(JSON.parse(readFileSync(path.join(src, file), 'utf8')));
      const noun = path.basename(file, '.words.json');
      return Object.entries(entries).map(([key, entry]) => [`${noun}.${key}`, entry] as const);
    }),
  );
}

export function createTranslators(catalogue: ReadonlyMap<string, Entry>): Record<Language, Translate> {
  const translator = (language: Language): Translate => {
    const compiled = new Map<string, IntlMessageFormat>();
    const translate = (key: string, params?: Params): string => {
      let message = compiled.get(key);
      if (!message) {
        const entry = catalogue.get(key);
        if (!entry) return `⟦${key}⟧`;
        message = new IntlMessageFormat(entry[language], language, undefined, { ignoreTag: true });
        compiled.set(key, message);
      }
      return String(message.format(params));
    };
    return Object.assign(translate, { language, has: (key: string) => catalogue.has(key) });
  };
  return { 'zh-CN': translator('zh-CN'), en: translator('en') };
}

/** The language a person's browser asks for first of those there are; Chinese when it asks for none of them. */
export function languageOf(acceptLanguage: string | undefined): Language {
  for (const part of (acceptLanguage ?? '').split(',')) {
    const wanted = part.trim().toLowerCase();
    if (wanted.startsWith('zh')) return 'zh-CN';
    if (wanted.startsWith('en')) return 'en';
  }
  return 'zh-CN';
}

import { describe, expect, test } from 'vitest';
import { languages, readCatalogue } from '../../../src/kernel/translate.ts';
import { pageFiles } from './files.ts';
import { faultsOfUse, keysAsked, unusedKeys } from './key-use.ts';
import { valuesMissing } from './key-values.ts';
import { argumentsOf, wordsOf } from './message.ts';
import { callsOf } from './scan.ts';

const catalogue = readCatalogue();
const entries = [...catalogue];
const keysWhere = (fails: (zh: string, en: string, key: string) => boolean): string[] =>
  entries.filter(([key, { 'zh-CN': zh, en }]) => fails(zh, en, key)).map(([key]) => key);

/** Words that are the same in both languages. */
const international = new Set<string>([]);
/** English sentences that quote Chinese, since it is Chinese that must be typed. */
const quotesChinese =
  /^error\.(?:text|sign)\.|^error\.(?:import\.phone-column-missing|calendar\.line-unreadable)$|^check\.gateway\.signature/;

describe('the catalogue', () => {
  test('says everything in both languages', () => {
    expect(entries.length).toBeGreaterThan(400);
    expect(keysWhere((zh, en) => [zh, en].some((text) => text.trim() === ''))).toEqual([]);
    // What joins a list brings its own spaces.
    const ragged = keysWhere((zh, en) => [zh, en].some((text) => text !== text.trim()));
    expect(ragged.filter((key) => !/[.-](?:and|comma|separator)$/.test(key))).toEqual([]);
  });

  test('has keys of words joined by dots', () => {
    expect(keysWhere((_zh, _en, key) => !/^[a-z][a-z0-9-]*(?:\.[a-zA-Z0-9][\w:-]*)+$/.test(key))).toEqual([]);
  });

  test('asks for the same arguments in both languages', () => {
    expect(keysWhere((zh, en) => argumentsOf(zh).join() !== argumentsOf(en).join())).toEqual([]);
  });

  test('can be read as messages in both languages', () => {
    for (const [key, entry] of entries)
      for (const language of languages) expect(() => wordsOf(entry[language]), `${key} ${language}`).not.toThrow();
  });

  test('is Chinese in Chinese and English in English', () => {
    const han = /\p{Script=Han}/u;
    expect(
      keysWhere((zh, _en, key) => /\p{L}/u.test(wordsOf(zh)) && !han.test(wordsOf(zh)) && !international.has(key)),
    ).toEqual([]);
    expect(
      keysWhere((_zh, en, key) => han.test(wordsOf(en).replaceAll('拒收请回复R', '')) && !quotesChinese.test(key)),
    ).toEqual([]);
  });

  test.each([
    ['一,二', true],
    ['一；二:三', true],
    ['一. 二', true],
    ['好(的)', true],
    ['完成!', true],
    ['每日 09:00–20:00，共 1,234 条（约 ¥5.00）', false],
    ['API 密钥', false],
  ])('finds half-width punctuation in %s: %s', (text, expected) => {
    expect(halfWidth.test(text)).toBe(expected);
  });

  test('sets Chinese with full-width punctuation, and English without', () => {
    expect(keysWhere((zh) => halfWidth.test(wordsOf(zh).replaceAll('时:分', '')))).toEqual([]);
    expect(keysWhere((_zh, en) => /[，。；：？！（）]/.test(wordsOf(en)))).toEqual([]);
  });

  test('ends the sentence of every fault', () => {
    const sentences = keysWhere((_zh, _en, key) => key.startsWith('error.'));
    expect(sentences.length).toBeGreaterThan(150);
    expect(
      sentences.filter((key) => {
        const entry = catalogue.get(key);
        return !entry?.['zh-CN'].endsWith('。') || !/[.?]$/.test(entry.en);
      }),
    ).toEqual([]);
  });

  test('keeps to the words of the glossary', () => {
    expect(keysWhere((zh) => /受众|审批人/.test(zh))).toEqual([]);
  });

  test('sends nobody to the command line, but to check an archive without this system', () => {
    const sent = keysWhere((zh, en) => /`|\bwaihu [a-z]/.test((zh + en).replaceAll(/`?waihu verify`?/g, '')));
    expect(sent).toEqual([]);
  });
});

describe('pages and the catalogue', () => {
  const files = pageFiles();

  test('ask only for words that there are', () => {
    expect(keysAsked(files, catalogue).size).toBeGreaterThan(20);
    expect(faultsOfUse(files, catalogue)).toEqual([]);
  });

  test('give their words every value that these name', () => {
    expect(valuesMissing(files, catalogue)).toEqual([]);
  });

  test('use every word that there is', () => {
    expect(unusedKeys(files, catalogue)).toEqual([]);
  });

  test('lead on with a key, not with a sentence', () => {
    const spoken = files.flatMap(({ path, text }) =>
      callsOf('pages\\.done', text)
        .filter((given) => /\s/.test(/^'(.*)'$/.exec(given[3] ?? '')?.[1] ?? ''))
        .map((given) => `${path}: ${given[3]}`),
    );
    expect(spoken).toEqual([]);
  });
});

const halfWidth = /\p{Script=Han}\s*[,.;:!?](?!\w)|\p{Script=Han}\s?\(|[,;:!?]\s*\p{Script=Han}|\)\s*\p{Script=Han}/u;

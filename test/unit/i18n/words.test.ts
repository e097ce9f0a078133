import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCatalogue } from '../../../src/kernel/translate.ts';

/** Words that a reader has met in the product and that another word has taken the place of (docs/glossary.md). */
const gone: readonly [word: RegExp, instead: string][] = [
  [/抑制/, '禁发'],
  [/勿扰/, '免打扰'],
  [/呼出操作员/, '外呼操作员'],
  [/部门/, '单位'],
  [/试发/, '测试短信'],
  [/封印/, '封签'],
  [/联络人/, '联络员'],
  [/负责人.{0,4}签字|签字.{0,4}负责人/, '分管领导'],
  [/在途/, '正在提交'],
  // A text message is handed in; what is called is a person, by telephone.
  [/呼叫(?!中心|名单)/, '提交'],
  [/按手机号解释/, '按手机号查询'],
  [/自动提醒/, '催签'],
  [/下一步填写/, '未填写'],
  [/没有在途的|尚未自动/, 'a sentence of its own'],
];
/** What customers write, and what the law forbids, keep their words. */
const quoted =
  /\/(?:opt-out-table(?:\.rule)?\.ts|forbidden-words[-.]zh(?:\.rule)?\.ts|opt-out-words(?:\.words)?\.json)$/;

const root = fileURLToPath(new URL('../../../', import.meta.url));
const places = ['src/**/*.{ts,json}', 'templates/**/*.hbs', 'web/**/*.js', 'README.zh-CN.md'];
const files = globSync(places, { cwd: root })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => !quoted.test(file))
  .map((file) => ({ file, lines: readFileSync(path.join(root, file), 'utf8').split('\n') }));

/** `file:line: word → instead`, for every line that a reader may meet. */
const foundIn = (texts: typeof files): string[] =>
  texts.flatMap(({ file, lines }) =>
    lines.flatMap((line, index) =>
      gone.flatMap(([word, instead]) => {
        const [hit] = word.exec(line) ?? [];
        return hit === undefined ? [] : [`${file}:${index + 1}: ${hit} → ${instead}`];
      }),
    ),
  );

describe('words that were given up', () => {
  test('are in no catalogue, page, sentence or Chinese document', () => {
    expect(files.length).toBeGreaterThan(400);
    expect(foundIn(files)).toEqual([]);
  });

  test.each([
    ['号码已抑制', '抑制'],
    ['可向签字人试发', '试发'],
    ['没有在途的呼叫', '呼叫'],
    ['仍待负责人签字', '负责人签字'],
    ['联络人先签字', '联络人'],
  ])('are found in “%s”', (line, word) => {
    expect(foundIn([{ file: 'x', lines: [line] }]).some((found) => found.includes(word))).toBe(true);
  });

  test.each(['面向呼叫中心', '尚未完成：呼叫名单', '活动已暂停，请负责人处理', '禁发号码'])('are not “%s”', (line) => {
    expect(foundIn([{ file: 'x', lines: [line] }])).toEqual([]);
  });

  test('leave one word for one thing in English as well', () => {
    const english = [...readCatalogue()].map(([key, { en }]) => `${key}: ${en}`);
    expect(english.filter((line) => /\bDNC\b|seal fingerprint|\bin flight\b|Administrator ·/.test(line))).toEqual([]);
  });
});

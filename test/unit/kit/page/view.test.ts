import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createTranslators } from '../../../../src/kernel/translate.ts';
import { createView } from '../../../../src/kit/page/view.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'waihu-view-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = { t: createTranslators(new Map())['zh-CN'], may: () => true };

const shown = (templates: Record<string, string>, page: string, data: object): string => {
  for (const [name, text] of Object.entries(templates)) writeFileSync(path.join(folder, `${name}.hbs`), text);
  return createView((name) => name, folder)(page, data, environment);
};

test('what somebody wrote over several lines comes back as it was, however deep its field stands', () => {
  const html = shown(
    { form: '<form>\n    {{> field text=text}}\n</form>\n', field: '<textarea>{{text}}</textarea>\n' },
    'form',
    { text: '第一行\n第二行\n  第三行' },
  );
  expect(html).toContain('<textarea>第一行\n第二行\n  第三行</textarea>');
});

test('a field that is not there is an error, not a blank', () => {
  expect(() => shown({ page: '<p>{{nobody}}</p>' }, 'page', {})).toThrow('nobody');
});

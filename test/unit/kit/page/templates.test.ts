import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../../../templates/console/', import.meta.url));
const templates = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.hbs'));
const helpers = 'number|time|date|dateTime|clock|percent|yuan|duration|icon|asset|iso|initial|inputTime';

test.each(templates)('%s takes no helper for a field and holds nothing inline', (file) => {
  const text = readFileSync(path.join(folder, file), 'utf8');
  // A field that is called like a helper is never reached without `this.`: the helper runs instead, on nothing.
  expect(text.match(new RegExp(`\\{\\{~?(?:${helpers})~?\\}\\}`))).toBeNull();
  expect(text.match(/<[^>]*\s(?:style|on\w+)=/)).toBeNull();
  expect(text.match(/<script(?![^>]*\ssrc=)/)).toBeNull();
});

test('every dialog is a native one that can be modal, and named by its title', () => {
  const texts = templates.map((file) => readFileSync(path.join(folder, file), 'utf8'));
  expect(texts.filter((text) => /role="(?:alert)?dialog"|<(?!dialog)\w+[^>]*\spopover[\s>]/.test(text))).toEqual([]);
  const dialogs = texts.flatMap((text) => text.match(/<dialog[^>]*>/g) ?? []);
  expect(dialogs.length).toBeGreaterThan(0);
  expect(dialogs.filter((dialog) => !/ aria-labelledby="[^"]+"/.test(dialog))).toEqual([]);
});

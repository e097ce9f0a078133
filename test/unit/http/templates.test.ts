import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../../templates/console/', import.meta.url));
const templates = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.hbs'));
const helpers = 'number|time|date|dateTime|clock|percent|yuan|duration|icon|asset|iso|initial|inputTime';

test.each(templates)('%s takes no helper for a field and holds nothing inline', (file) => {
  const text = readFileSync(path.join(folder, file), 'utf8');
  // A field that is called like a helper is never reached without `this.`: the helper runs instead, on nothing.
  expect(text.match(new RegExp(`\\{\\{(?:${helpers})\\}\\}`))).toBeNull();
  expect(text.match(/<[^>]*\s(?:style|on\w+)=/)).toBeNull();
  expect(text.match(/<script(?![^>]*\ssrc=)/)).toBeNull();
});

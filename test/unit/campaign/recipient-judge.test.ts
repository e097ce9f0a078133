import { expect, test } from 'vitest';
import type { ContactFacts } from '../../../src/contact/contact.rule.ts';
import { createRecipientJudge } from '../../../src/campaign/recipient-judge.rule.ts';
import { ask, facts as contactFacts, noon, silence, touched } from '../contact/kit.ts';

const template = {
  kind: 'notice' as const,
  source: '{{name}}您好，{{note}}。',
  signName: '云汀金融',
  variables: [
    { name: 'name', type: 'name' as const, maxLength: 10, example: '王女士', label: '称呼' },
    { name: 'note', type: 'text' as const, maxLength: 35, example: '账单已出', label: '内容' },
  ],
};
const facts = contactFacts({ consent: null, subscribed: null });
const person = { name: '王女士', tier: null, attributes: { note: '账单已出' }, rowVariables: {}, twice: false };
const sources = { name: { from: 'name' as const }, note: { from: 'attribute' as const, key: 'note' } };
const judge = (change: Partial<Parameters<typeof createRecipientJudge>[0]> = {}) =>
  createRecipientJudge({ template, variableSources: sources, ask: ask('service', 'sms'), now: noon, ...change });

test('whoever may be contacted and addressed gets the text of their own variables', () => {
  expect(judge()(person, facts)).toEqual({
    reason: null,
    variables: { name: '王女士', note: '账单已出' },
    text: '王女士您好，账单已出。',
    segments: 1,
  });
});

test.each<[string, object, Partial<ContactFacts>, string]>([
  ['who has opted out', {}, { suppressions: [silence('opt-out')] }, 'opted-out'],
  ['who has had enough', {}, { touches: touched(10, 5, 'service') }, 'capped'],
  ['whose variable is missing', { attributes: {} }, {}, 'variable.missing'],
  ['whose name is none', { name: '王1' }, {}, 'variable.not-name'],
  ['whose variable is too long', { attributes: { note: '长'.repeat(36) } }, {}, 'variable.too-long'],
  ['whose variable holds a link', { attributes: { note: 'www.example.com' } }, {}, 'variable.url'],
  // The refusal is named before the fault of the row: a person who said no is not a row to correct.
  ['who opted out and has no variable', { attributes: {} }, { suppressions: [silence('dnc')] }, 'dnc'],
])('%s is left out, with the reason', (_, change, more, reason) => {
  expect(judge()({ ...person, ...change }, { ...facts, ...more })).toEqual({ reason });
});

test.each([
  ['meets the words around it', '{{name}}您好，加微{{note}}。', '王女士', '信'],
  ['meets another one', '您好，{{name}}{{note}}。', '加微', '信号'],
])('a banned word that comes about where a variable %s leaves the person out', (_, source, name, note) => {
  const held = judge({
    template: {
      ...template,
      source,
      variables: template.variables.map((variable) => ({ ...variable, type: 'text' as const })),
    },
  });
  expect(held({ ...person, name, attributes: { note } }, facts)).toEqual({ reason: 'variable.forbidden-word' });
  expect(held({ ...person, name, attributes: { note: '账单' } }, facts)).toMatchObject({ reason: null });
});

test.each([
  ['a mobile number', '回电1380013{{note}}。', '8000', 'text.mobile-number'],
  ['an opt-out in a notice', '如不需要回复T{{note}}。', '退订', 'text.opt-out-in-notice'],
])('%s that comes about where a variable meets the words around it leaves the person out', (_, source, note, code) => {
  const held = judge({ template: { ...template, source } });
  expect(held({ ...person, attributes: { note } }, facts)).toEqual({ reason: code });
  expect(held({ ...person, attributes: { note: '账单' } }, facts)).toMatchObject({ reason: null });
});

test('a text too long for the gateway with its variables leaves the person out', () => {
  const long = { ...template, source: `${template.source}${'长'.repeat(490)}` };
  expect(judge({ template: long })(person, facts)).toEqual({ reason: 'text.too-long' });
});

test('marketing wants consent, a topic its subscription', () => {
  expect(judge({ ask: ask('marketing', 'sms') })(person, facts)).toEqual({ reason: 'no-consent' });
  expect(judge({ ask: ask('service', 'sms', { topic: 'bills' }) })(person, facts)).toEqual({
    reason: 'not-subscribed',
  });
  expect(
    judge({ ask: ask('service', 'sms', { topic: 'bills' }) })(person, { ...facts, subscribed: true }),
  ).toMatchObject({ reason: null });
});

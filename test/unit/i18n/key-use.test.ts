import { describe, expect, test } from 'vitest';
import { faultsOfUse, unusedKeys } from './key-use.ts';
import { valuesMissing } from './key-values.ts';

const words = { 'zh-CN': '词', en: 'word' };
const catalogue = (...keys: string[]) => new Map(keys.map((key) => [key, words]));
const ts = (text: string) => [{ path: 'page.ts', text }];
const hbs = (text: string) => [{ path: 'page.hbs', text }];

describe('what the pages ask of the catalogue', () => {
  const known = catalogue('campaign.list.title', 'campaign.list.none', 'campaign.act.pause', 'role.leader');

  test.each([
    [`t('campaign.list.titel')`],
    [`translatorOf(request)('x'); t('nothing.like.it')`],
    [`pages.done(request, reply, '/campaigns', 'campaign.stopped')`],
    [`const { done } = pages; return done(request, reply, href(a, b), 'campaign.stopped', { n })`],
    [`{ label: 'campaign.list.gone' }`],
    ['t(`campaign.acts.${act}`)'],
    [`t('role.' + role.id + '.x'); t('campaign.stat.' + state)`],
  ])('a key without words in %s is a fault', (text) => {
    expect(faultsOfUse(ts(text), known)).toHaveLength(1);
  });

  test.each([
    [`{{t 'campaign.list.titel' count=3}}`],
    [`{{#if x}}{{#each (t "gone.away")}}{{/each}}{{/if}}`],
    [`{{{t 'no-dot'}}}`],
    [`{{~t 'campaign.list.titel'~}}`],
    [`{{t (concat 'campaign.stat.' state)}}`],
    [`{{> part/empty message='campaign.list.gone'}}`],
  ])('a key without words in the template %s is a fault', (text) => {
    expect(faultsOfUse(hbs(text), known)).toHaveLength(1);
  });

  test.each([
    [`t('campaign.list.title', { count }); t('campaign.act.' + act); t(\`role.\${role}\`)`],
    [`styles: ['campaign.css'], scripts: ['campaign.live.js'], // the campaign.`],
    [`import { x } from './campaign.ts'; reply.header('x-y.z')`],
    [`{{t 'campaign.list.none'}} {{> campaign/row}} {{campaign.name}}`],
  ])('finds nothing wrong with %s', (text) => {
    expect(faultsOfUse(ts(text), known)).toEqual([]);
  });

  test('the name of a group may be handed to something that completes it', () => {
    expect(faultsOfUse(ts(`wordOf(t, 'campaign.act', act)`), known)).toEqual([]);
    expect(unusedKeys(ts(`wordOf(t, 'campaign.act', act)`), known)).not.toContain('campaign.act.pause');
    expect(faultsOfUse(ts(`t('campaign.act')`), known)).toEqual(['campaign.act has no words (page.ts)']);
  });

  test('a code may be compared where it is no key', () => {
    const withErrors = catalogue('campaign.list.title', 'error.campaign.gone');
    expect(faultsOfUse(ts(`if (error.code === 'campaign.gone') x();`), withErrors)).toEqual([]);
    expect(faultsOfUse(ts(`t('campaign.gone')`), withErrors)).toHaveLength(1);
  });

  test('a family as wide as a page’s whole file is a fault, and one of a closed set is none', () => {
    expect(faultsOfUse(ts('t(`campaign.${part}`)'), known)).toEqual([
      expect.stringMatching(/^campaign\.\$\{part\} is as wide as its file/),
    ]);
    expect(faultsOfUse(hbs(`{{t (concat 'campaign.' part)}}`), known)).toHaveLength(1);
    expect(faultsOfUse(ts('t(`role.${role}`)'), known)).toEqual([]);
  });

  test('names the keys that nobody asks for', () => {
    const files = [
      ...ts('const key = `campaign.act.${act}`;'),
      ...hbs(`{{t 'campaign.list.title'}} campaign.list.none`),
    ];
    expect(unusedKeys(files, known)).toEqual(['campaign.list.none', 'role.leader']);
    expect(unusedKeys(ts(`wordOf(t, 'role', role)`), known)).not.toContain('role.leader');
    expect(unusedKeys([], known)).toEqual([
      'campaign.list.title',
      'campaign.list.none',
      'campaign.act.pause',
      'role.leader',
    ]);
  });
});

describe('the values that words name', () => {
  const counted = new Map([
    ['list.title', { 'zh-CN': '{count, number} 个', en: '{count, plural, one {# thing} other {# things}} of {owner}' }],
    ['list.none', words],
  ]);

  test.each([
    ['page.ts', `t('list.title')`, ['count', 'owner']],
    ['page.ts', `t('list.title', { count: rows.length, owner })`, []],
    ['page.ts', `t('list.title', { total: all.count, owner: f(a, b) })`, ['count']],
    ['page.ts', `t('list.title', values); t('list.title', { ...values }); t('list.none')`, []],
    ['page.ts', `pages.done(request, reply, '/', 'list.title')`, ['count', 'owner']],
    ['page.ts', `done(request, reply, '/', 'list.title', { count: 1, owner: 'x' })`, []],
    ['page.hbs', `{{t 'list.title' count=n}}`, ['owner']],
    ['page.hbs', `{{~t 'list.title'\n  count=n}}`, ['owner']],
    ['page.hbs', `{{> part label=(t 'list.title' count=(number n) owner=name)}}`, []],
    ['page.hbs', `{{> part label=(t 'list.title') count=n owner=x}}`, ['count', 'owner']],
    ['page.hbs', `{{t 'list.none'}}`, []],
  ])('are looked for in %s: %s', (path, text, missing) => {
    expect(valuesMissing([{ path, text }], counted)).toEqual(
      missing.map((name) => `list.title is asked for without ${name} (${path})`),
    );
  });
});

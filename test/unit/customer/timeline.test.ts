import { expect, test } from 'vitest';
import type { TimelineEvent } from '../../../src/customer/timeline.command.ts';
import { contactChannels, contactPurposes, reachOf } from '../../../src/kernel/reach.rule.ts';
import { messageStates, suppressionReasons } from '../../../src/contact/message-state.rule.ts';
import { sourceWord, timelineLine } from '../../../src/customer/timeline.page.ts';
import { createTranslators, readCatalogue } from '../../../src/kernel/translate.ts';

const translators = createTranslators(readCatalogue());
const at = new Date('2026-09-29T06:32:00Z');
const campaign = { campaign: '国庆分期券', number: 'WH-1', unit: '客服中心', seq: 7 };
const event = (kind: TimelineEvent['kind'], details: Record<string, unknown>, readable = true): TimelineEvent => ({
  at,
  kind,
  ref: 'x',
  details,
  readable,
});

const everything: TimelineEvent[] = [
  ...contactChannels.flatMap((channel) =>
    contactPurposes.map((purpose) => event('contact', { ...campaign, channel, purpose, state: 'delivered' })),
  ),
  ...messageStates.map((state) =>
    event('contact', { ...campaign, channel: 'sms', purpose: 'service', state, reason: 'undelivered' }),
  ),
  ...suppressionReasons.map((reason) => event('not-contacted', { ...campaign, state: 'suppressed', reason })),
  event('receipt', { ...campaign, delivered: true, code: 'DELIVERED' }),
  event('receipt', { ...campaign, delivered: false, code: 'UNDELIV' }),
  event('reply', { meaning: 'opt-out', content: '退订' }),
  event('reply', { meaning: 'other', content: '谢谢' }),
  ...['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist'].flatMap((suppression) =>
    Object.values(reachOf).flatMap((reach) => [
      event('suppressed', {
        suppression,
        ...reach,
        source: 'reply:1',
        reason: null,
        by: null,
        until: at.toISOString(),
      }),
      event('lifted', { suppression, ...reach, reason: '误登记', by: '何静宜' }),
    ]),
  ),
  event('consent-imported', { granted: true, importId: 'i' }),
  event('consent-imported', { granted: false, importId: 'i' }),
  event('topic-imported', { topic: '优惠', subscribed: true, importId: 'i' }),
  event('created', {}),
  ...[
    'customer.created',
    'customer.changed',
    'customer.reveal',
    'customer.refused',
    'consent.granted',
    'consent.withdrawn',
    'topic.subscribed',
    'topic.unsubscribed',
  ].map((action) =>
    event('act', {
      action,
      by: '何静宜',
      said: { fields: ['name', 'tier', 'externalId', 'attributes'], reason: '核对', source: 'counter' },
    }),
  ),
];

test('everything that can happen has its words in both languages', () => {
  for (const t of Object.values(translators)) {
    for (const each of everything) {
      const line = timelineLine(t, each, true);
      const words = [line.title, line.hrefLabel ?? '', ...line.lines.map(({ text }) => text)].join(' ');
      expect(words).not.toMatch(/⟦|undefined|null|\{/);
      expect(words).not.toMatch(/\b(?:customer|consent|topic)\.[a-z]/);
      expect(line.title).not.toBe('');
    }
  }
});

test('what a person wrote is shown exactly, and nothing else is', () => {
  const lines = everything.map((each) => timelineLine(translators['zh-CN'], each, true));
  expect(lines.flatMap(({ lines: all }) => all.filter(({ exact }) => exact).map(({ text }) => text))).toEqual([
    '退订',
    '谢谢',
  ]);
});

const href = (each: TimelineEvent, explains: boolean) => timelineLine(translators.en, each, explains).href;

test('the way to the explanation is shown to whoever may open it', () => {
  const touched = { ...campaign, channel: 'sms', purpose: 'marketing', state: 'delivered' };
  expect(href(event('contact', touched), true)).toBe('/campaigns/WH-1/people/7');
  expect(href(event('contact', touched), false)).toBeNull();
  expect(href(event('contact', touched, false), true)).toBeNull();
  expect(href(event('not-contacted', { ...touched, seq: null }), true)).toBeNull();
});

const id = '01a2b3c4-0000-7000-8000-000000000001';
const files = new Map([[`import:${id}`, { fileName: '客户500.csv', at: new Date('2026-11-27T01:00:00Z') }]]);
test.each([
  [`import:${id}`, '客户500.csv（11-27 导入）', '客户500.csv (imported 11-27)'],
  ['import:01a2b3c4-0000-7000-8000-00000000dead', '文件导入', 'file import'],
  ['phone-call', '电话告知', 'said on the phone'],
  ['counter', '柜面', 'at the counter'],
  ['staff', '员工登记', 'recorded by staff'],
  ['list', '批量登记', 'pasted list'],
  ['reply:77', '短信回复', 'SMS reply'],
  ['receipt', '网关回执', 'gateway receipt'],
  ['refusal', '网关拒发', 'gateway refusal'],
  ['crm-sync', '其他系统（crm-sync）', 'another system (crm-sync)'],
])('the source %s reads %s', (source, zh, en) => {
  expect(sourceWord(translators['zh-CN'], source, files)).toBe(zh);
  expect(sourceWord(translators.en, source, files)).toBe(en);
});

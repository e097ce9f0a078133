import { describe, expect, test } from 'vitest';
import type { Form } from '../../../src/form/form.rule.ts';
import { differencesOf } from '../../../src/campaign/paper-difference.page.ts';
import { createTranslators, readCatalogue } from '../../../src/kernel/translate.ts';

const t = createTranslators(readCatalogue())['zh-CN'];
const form: Form = {
  format: 'waihu.form/2',
  number: 'WH-20260929-0001',
  name: '国庆出行立减券',
  unit: '营销运营部',
  purpose: '国庆出行权益到账告知',
  applicant: { id: '1', name: '陈思远' },
  kind: 'marketing',
  channel: 'sms',
  topic: null,
  text: {
    templateId: 'a',
    templateName: '立减券',
    templateVersion: 1,
    source: '{{name}}您好，请免费领取。拒收请回复R',
    variables: [{ name: 'name', type: 'name', maxLength: 4, label: '称呼' }],
    signName: '云汀金融',
    gatewayTemplateCode: 'SMS_1',
  },
  gateway: {
    account: 'aliyun',
    accountId: '019a0000-0000-7000-8000-000000000005',
    provider: 'aliyun',
    endpoint: 'dysmsapi.aliyuncs.com',
    protocol: 'https',
    credentials: 'default-chain',
    requests: 'single',
  },
  audience: { id: 'x', name: '华东片区', size: 36_214, batchSize: 1_000, merkleRoot: '4be07a93'.repeat(8) },
  window: {
    startsAt: '2026-09-30T01:00:00.000Z',
    endsAt: '2026-09-30T12:00:00.000Z',
    dailyFrom: '09:00',
    dailyTo: '20:00',
    days: 'every-day',
    timeZone: 'Asia/Shanghai',
  },
  ratePerSecond: 8,
  cost: { pricePerSegmentMilliYuan: 45, segments: 37_420, estimateFen: 168_390, ceilingFen: 168_390 },
  checks: [{ code: 'text.rules', passed: true, detail: { kind: 'marketing' } }],
  calendarVersion: 'cn-2026.1',
  calendarDigest: 'cd'.repeat(32),
  signBy: '2026-09-29T10:00:00.000Z',
};
const fields = (later: Form) => differencesOf(form, later, t).map(({ field }) => field);

describe('the difference to the returned form', () => {
  test('is nothing for the same contents under another number', () => {
    expect(fields({ ...form, number: 'WH-20260929-0002' })).toEqual([]);
  });

  test.each<[string, Form]>([
    ['name', { ...form, name: '立减券' }],
    ['unit', { ...form, unit: '客户服务部' }],
    ['applicant', { ...form, applicant: { id: '2', name: '周敏' } }],
    ['purpose', { ...form, purpose: '告知' }],
    ['kind', { ...form, kind: 'notice' }],
    ['topic', { ...form, topic: 'travel' }],
    ['text', { ...form, text: { ...form.text, signName: '云汀' } }],
    ['variables', { ...form, text: { ...form.text, variables: [] } }],
    ['template', { ...form, text: { ...form.text, gatewayTemplateCode: 'SMS_2' } }],
    ['gateway', { ...form, gateway: { ...form.gateway, requests: 'batched' } }],
    ['audience', { ...form, audience: { ...form.audience, merkleRoot: '00'.repeat(32) } }],
    ['window', { ...form, window: { ...form.window, dailyFrom: '10:00' } }],
    ['rate', { ...form, ratePerSecond: 5 }],
    ['cost', { ...form, cost: { ...form.cost, ceilingFen: 200_000 } }],
    ['sign-by', { ...form, signBy: '2026-09-29T11:00:00.000Z' }],
    ['calendar', { ...form, calendarVersion: 'cn-2026.2' }],
  ])('tells of the %s, and of nothing else', (field, later) => {
    expect(fields(later)).toEqual([field]);
    const [line] = differencesOf(form, later, t);
    expect(line?.parts.map(({ text }) => text).join('')).not.toContain('⟦');
  });

  test('tells the text letter by letter, with the labels of its variables', () => {
    const source = '{{name}}您好，请领取使用。拒收请回复R';
    const [line] = differencesOf(form, { ...form, text: { ...form.text, source } }, t);
    expect(line?.parts).toEqual([
      { kind: 'same', text: '【云汀金融】{{称呼}}您好，请' },
      { kind: 'gone', text: '免费' },
      { kind: 'same', text: '领取' },
      { kind: 'new', text: '使用' },
      { kind: 'same', text: '。拒收请回复R' },
    ]);
  });

  test('tells the values where the words are the same, and a place that it has no words for', () => {
    const later = { ...form, text: { ...form.text, templateId: 'b' }, novelty: 1 } as Form;
    expect(differencesOf(form, later, t)).toEqual([
      {
        field: 'template',
        parts: [
          { kind: 'gone', text: 'text.templateId: a' },
          { kind: 'new', text: 'text.templateId: b' },
        ],
      },
      {
        field: 'other',
        parts: [
          { kind: 'gone', text: 'novelty: undefined' },
          { kind: 'new', text: 'novelty: 1' },
        ],
      },
    ]);
  });
});

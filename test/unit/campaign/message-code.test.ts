import { expect, test } from 'vitest';
import { explainMessageCode, isCarriers } from '../../../src/campaign/message-code.command.ts';
import type { MessageState } from '../../../src/contact/message-state.rule.ts';

const said = (state: MessageState, code: string | null, change: { reason?: string; bizId?: string } = {}) =>
  explainMessageCode('aliyun', { state, code, reason: change.reason ?? null, bizId: change.bizId ?? null });

test.each([
  ['an accepted message', 'accepted', 'OK', {}, /took the message/, /receipt is waited for/],
  ['a delivered one', 'delivered', 'DELIVERED', { bizId: 'b' }, /^Delivered$/, /Nothing more is sent/],
  ['a carrier’s failure', 'failed', 'IS_CLOSE', { reason: 'undelivered', bizId: 'b' }, /closed the channel/, /./],
  ['a carrier’s code that nobody knows', 'failed', 'UNDELIV', { reason: 'undelivered', bizId: 'b' }, /./, /./],
  ['a refusal', 'failed', 'isv.CUSTOMER_REFUSED', { reason: 'number-blacklisted' }, /unsubscribed/, /Suppressed/],
  ['a doubt', 'unknown', 'client.timeout', {}, /did not answer/, /never resent blindly/],
  ['a doubt that is over', 'pending', 'client.timeout', {}, /did not answer/, /proven that it does not have it/],
  ['a doubt that ended well', 'accepted', 'client.timeout', {}, /did not answer/, /has it after all/],
  ['a lost worker', 'unknown', 'worker.lost', {}, /interrupted/, /./],
  ['what was closed', 'expired', 'Throttling.User', {}, /Too many calls/, /not tried again/],
] as const)('%s is explained as what it is', (_, state, code, change, meaning, reaction) => {
  const explained = said(state, code, change);
  expect(explained?.meaning).toMatch(meaning);
  expect(explained?.reaction).toMatch(reaction);
  if (state === 'delivered' || state === 'accepted' || isCarriers({ state, reason: null, bizId: 'b', ...change }))
    expect(`${explained?.meaning} ${explained?.reaction}`).not.toMatch(/may or may not|Outcome unknown|⟦/);
});

test('a row without a code needs no explanation', () => {
  expect(said('pending', null)).toBeNull();
});

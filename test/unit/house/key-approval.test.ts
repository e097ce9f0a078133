import { describe, expect, test } from 'vitest';
import {
  couldActAs,
  judgeApproval,
  waysInSince,
  type Approval,
  type WayIn,
} from '../../../src/house/key-approval.rule.ts';

const day = 86_400_000;
const now = new Date('2026-11-27T02:00:00Z');
const ago = (days: number) => new Date(now.getTime() - days * day);
/** `giver→taker@days ago`. */
const way = (text: string): WayIn => {
  const [, giverId = '', staffId = '', days = '1'] = /^(\w+)→(\w+)(?:@(\d+))?$/.exec(text) ?? [];
  return { giverId, staffId, at: ago(Number(days)) };
};
const old = ago(200);
const young = new Date(now.getTime() + day);

type Row = [text: string, approver: string, ways: string[], approvers: string[], firstDays: Date | null, Approval];
const judged: Row[] = [
  ['somebody who gave nothing approves', 'ann', ['bob→signer'], ['ann', 'bob'], old, independent()],
  ['who gave a way in does not', 'ann', ['ann→signer'], ['ann', 'bob'], old, dependent('bob')],
  ['nor on their own key', 'signer', [], ['signer', 'bob'], old, { kind: 'own' }],
  ['nor an administrator made by them', 'bob', ['ann→signer', 'ann→bob'], ['ann', 'bob'], old, dependent()],
  ['nor one made by that one', 'cas', ['ann→signer', 'ann→bob', 'bob→cas'], ['ann', 'bob', 'cas'], old, dependent()],
  ['nor whoever made the maker', 'ann', ['bob→signer', 'ann→bob'], ['ann', 'bob', 'cas'], old, dependent('cas')],
  ['nor a second account of the signer', 'bob', ['signer→bob'], ['bob', 'cas'], old, dependent('cas')],
  [
    'a circle of givers ends, and bars them all',
    'ann',
    ['ann→bob', 'bob→ann', 'bob→signer'],
    ['ann'],
    old,
    dependent(),
  ],
  [
    'the only administrator may, in the first days',
    'ann',
    ['ann→signer'],
    ['ann'],
    young,
    { kind: 'first-days', until: young },
  ],
  ['but not when they are over', 'ann', ['ann→signer'], ['ann'], ago(0.001), dependent()],
  ['nor in a house that has no record of its start', 'ann', ['ann→signer'], ['ann'], null, dependent()],
  ['nor when somebody else can', 'ann', ['ann→signer'], ['ann', 'cas'], young, dependent('cas')],
  [
    'nor when the second administrator of the first days can',
    'ann',
    ['ann→signer', 'ann→bob'],
    ['ann', 'bob'],
    young,
    dependent('bob'),
  ],
  [
    'who was let in during the first days approves, and the record says so',
    'bob',
    ['ann→signer', 'ann→bob'],
    ['ann', 'bob'],
    young,
    independent(true),
  ],
  ['and afterwards too', 'bob', ['ann→signer@1', 'ann→bob@9'], ['ann', 'bob'], ago(5), independent(true)],
  ['but not who was let in after them', 'bob', ['ann→signer@1', 'ann→bob@3'], ['ann', 'bob'], ago(5), dependent()],
  [
    'the first days excuse no way in to the signer',
    'ann',
    ['ann→signer@9', 'ann→bob@9'],
    ['ann', 'bob'],
    ago(5),
    dependent('bob'),
  ],
];

test.each(judged)('%s', (_, approver, ways, approvers, firstDaysUntil, expected) => {
  expect(judgeApproval(approver, 'signer', { waysIn: ways.map(way), approvers, firstDaysUntil }, now)).toEqual(
    expected,
  );
});

describe('the days that count', () => {
  test('reach back from the request, so that waiting makes nobody free', () => {
    expect(waysInSince(ago(40), now, 30)).toEqual(ago(70));
    expect(waysInSince(now, now, 30)).toEqual(ago(30));
  });
  test('reach back from now where the request says it comes from the future', () => {
    expect(waysInSince(young, now, 30)).toEqual(ago(30));
  });
});

test('everybody who could act as somebody is found through any number of accounts', () => {
  const chain = Array.from({ length: 40 }, (_, i) => way(`p${i}→p${i + 1}`));
  expect(couldActAs('p40', chain).size).toBe(41);
});

function independent(restsOnFirstDays = false): Approval {
  return { kind: 'independent', restsOnFirstDays };
}
function dependent(...able: string[]): Approval {
  return { kind: 'dependent', able };
}

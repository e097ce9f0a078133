import { describe, expect, test } from 'vitest';
import { actionsRecorded, checksMade, codesMade, detailsOf, objectKinds } from './known-codes.ts';

const file = (text: string) => [{ path: 'some.ts', text }];
const codes = (text: string): string[] => codesMade(file(text)).map(({ code }) => code);

describe('the codes in a file', () => {
  test.each([
    [`throw new AppError('invalid', 'campaign.gone', 'It is gone.')`, ['campaign.gone']],
    [`new AppError(\n  kind ?? 'denied',\n  'a.b-c',\n  \`It is \${state(x, y)}.\`,\n)`, ['a.b-c']],
    [`if (late) return refused('form.late', 'Too late.')`, ['form.late']],
    [`throw fileFault('import.odd', { line })`, ['import.odd']],
    [`await pause(id, { code: 'campaign.odd', refused })`, ['campaign.odd']],
    ["new AppError('denied', `staff.own-${what}`, 'No.')", ['staff.own-roles', 'staff.own-access']],
    ["new AppError('denied', `other.${what}`, 'No.')", ['`other.${what}`']],
    [`throw new AppError('conflict', cause.type, cause.message)`, []],
    [`{ code: 'text.rules', passed: true, detail: {} }, { code: 'client.timeout' }`, []],
    [`/** Throws AppError('invalid', 'sms-account.…'). */`, []],
  ])('of %s are found', (text, expected) => {
    expect(codes(text)).toEqual(expected);
  });

  test('checks of a form are told from faults', () => {
    const text = `[{ code: 'text.rules', passed: true }, {\n code: 'a.b',\n passed: true,\n}, { code: 'c.d' }]`;
    expect(checksMade(file(text))).toEqual(['text.rules', 'a.b']);
    expect(codes(text)).toEqual(['c.d']);
  });

  test('actions are found where they are chosen, named first or handed to a helper', () => {
    const text = `
      record(tx, { actor, action: on ? 'a.on' : 'a.off', objectKind: 'thing' });
      const action = 'b.done';
      return { result, audit: audit('c.made', id) };
      audit: { action: \`campaign.\${to === 'expired' ? 'expire-pending' : 'cancel-pending'}\`, objectKind: 'campaign' };
      audit: { action: \`d.\${odd}\`, objectKind: 'd' }`;
    expect(actionsRecorded(file(text)).map(({ code }) => code)).toEqual([
      'a.on',
      'a.off',
      'b.done',
      'campaign.expire-pending',
      'campaign.cancel-pending',
      '`d.${odd}`',
      'c.made',
    ]);
    expect(objectKinds(file(text))).toEqual(['thing', 'campaign', 'd']);
  });

  test('what a fault carries is read at each of its uses', () => {
    expect(detailsOf('a.b', file(`new AppError('invalid', 'a.b', \`\${x}\`, { limit: 3 })`))).toEqual(['{ limit: 3 }']);
    expect(detailsOf('a.b', file(`const place = { line, at };\nfileFault('a.b', place)`))).toEqual(['{ line, at }']);
    expect(detailsOf('a.b', file(`new AppError('invalid', 'a.b', 'No.')`))).toEqual(['']);
    expect(detailsOf('a.b', file(`{ code: 'a.b', params: { limit } }`))).toEqual([`, params: { limit `]);
    expect(detailsOf('a.b', file(`const sentences = { 'a.b': ['x'] }`))).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { suppressionKinds } from '../../../src/contact/contact.rule.ts';
import { auditNouns, auditObjects } from '../../../src/house/audit/audit-detail.rule.ts';
import { campaignStates } from '../../../src/campaign/state.rule.ts';
import { failureReasons, messageStates, suppressionReasons } from '../../../src/contact/message-state.rule.ts';
import { permissionsOf, roles } from '../../../src/kernel/permission.rule.ts';
import { createTranslators, readCatalogue } from '../../../src/kernel/translate.ts';
import { rowReasons } from '../../../src/kernel/file/fault.rule.ts';
import { detailKeysRecorded, forgottenDetails } from './audit-details.ts';
import { codeFiles, sourceFiles } from './files.ts';
import {
  actionsRecorded,
  checksMade,
  codesAlive,
  codesMade,
  codesWritten,
  detailsOf,
  forgottenTemplates,
  objectKinds,
  sentencesOf,
} from './known-codes.ts';
import { argumentsOf } from './message.ts';

const catalogue = readCatalogue();
const { 'zh-CN': zh, en } = createTranslators(catalogue);
const keysOf = (noun: string): string[] =>
  [...catalogue.keys()].filter((key) => key.startsWith(`${noun}.`)).map((key) => key.slice(noun.length + 1));
const sorted = (list: Iterable<string>): string[] => [...new Set(list)].toSorted();
const at = ({ code, path }: { code: string; path: string }): string => `${code} (${path})`;

/** Has words as a fault, an action, a check, a reason or what became of a message, or is a key itself. */
const known = (code: string): boolean =>
  [...sentencesOf(code), `audit-action.${code}`, `check.${code}`, `reason.${code}`, `receipt-code.${code}`, code].some(
    zh.has,
  );

const freezing = keysOf('reason')
  .filter((code) => code.startsWith('text.'))
  .concat(keysOf('error').filter((code) => code.startsWith('variable.')));

describe('the words for closed sets', () => {
  test.each([
    ['campaign-state', campaignStates],
    ['message-state', messageStates],
    ['reason', [...suppressionReasons, ...failureReasons, ...freezing]],
    ['row-reason', Object.keys(rowReasons)],
    ['role', roles],
    ['permission', permissionsOf(roles)],
    ['suppression-kind', suppressionKinds],
  ])('%s has an entry for each member and none besides', (noun, members: Iterable<string>) => {
    expect(sorted(keysOf(noun))).toEqual(sorted(members));
  });

  test('a page and the report file give the same reason for a bad row', () => {
    for (const [reason, [chinese, english]] of Object.entries(rowReasons)) {
      expect([zh(`row-reason.${reason}`), en(`row-reason.${reason}`)]).toEqual([chinese, english]);
    }
  });

  test('every code that people may be refused with has its sentence', () => {
    const made = codesMade(sourceFiles());
    expect(made.length).toBeGreaterThan(150);
    expect(made.map(({ code }) => code)).toEqual(expect.arrayContaining(['campaign.wrong-state', 'phone.foreign']));
    expect(sorted(made.filter(({ code }) => !sentencesOf(code).some(zh.has)).map(at))).toEqual([]);
  });

  test('every action on record has its words', () => {
    const recorded = actionsRecorded(codeFiles());
    expect(recorded.length).toBeGreaterThan(40);
    expect(recorded.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['credential.declined', 'campaign.cancel-pending']),
    );
    expect(sorted(recorded.filter(({ code }) => !zh.has(`audit-action.${code}`)).map(at))).toEqual([]);
  });

  test('every detail on record has its label, and what is no plain object is listed with its keys', () => {
    const recorded = detailKeysRecorded(codeFiles());
    expect(recorded.length).toBeGreaterThan(150);
    expect(recorded.map(({ key }) => key)).toEqual(expect.arrayContaining(['merkleRoot', 'takenOver', 'restDays']));
    const missing = recorded.filter(({ key }) => !zh.has(`audit-detail.${key}`) || !en.has(`audit-detail.${key}`));
    expect(sorted(missing.map(({ key, path }) => `${key} (${path})`))).toEqual([]);
    expect(forgottenDetails(codeFiles())).toEqual([]);
  });

  test('the filters of the record offer every noun of an act and every kind of object', () => {
    const nouns = keysOf('audit-action').map((action) => action.split('.')[0] ?? '');
    expect(sorted(auditNouns)).toEqual(sorted(nouns));
    expect(sorted(keysOf('audit').filter((key) => key.startsWith('noun.')))).toEqual(
      sorted(auditNouns.map((noun) => `noun.${noun}`)),
    );
    expect(sorted(auditObjects)).toEqual(sorted(keysOf('object-kind')));
  });

  test('every kind of object on record has its words', () => {
    expect(sorted(keysOf('object-kind'))).toEqual(sorted([...objectKinds(sourceFiles()), 'import']));
  });

  test('every dotted word in the code is a code, an action, a check or a key with words', () => {
    const written = codesWritten();
    expect(written.length).toBeGreaterThan(250);
    expect(sorted(written.filter(({ code }) => !known(code)).map(at))).toEqual([]);
  });

  test('no sentence and no action stands for a code that is gone', () => {
    const alive = codesAlive();
    const gone = ['error', 'audit-action'].flatMap((noun) =>
      keysOf(noun)
        .filter((code) => !alive.has(code))
        .map((code) => `${noun}.${code}`),
    );
    expect(gone).toEqual([]);
    expect(forgottenTemplates()).toEqual([]);
  });

  test('a sentence names only what every fault of its code carries', () => {
    const files = codeFiles();
    const bad = keysOf('error').flatMap((code) =>
      argumentsOf(catalogue.get(`error.${code}`)?.en ?? '').flatMap((name) => {
        const details = detailsOf(code, files);
        const carried = details.length > 0 && details.every((each) => new RegExp(`\\b${name}\\b`).test(each));
        return carried ? [] : [`${code}: ${name}`];
      }),
    );
    expect(bad).toEqual([]);
    expect(argumentsOf(catalogue.get('error.topic.exists')?.en ?? '')).toEqual(['code']);
  });

  test('every check of a form has its name and its detail, which names only what the check carries', () => {
    const files = codeFiles();
    const codes = sorted(checksMade(files));
    expect(codes.length).toBeGreaterThan(6);
    expect(keysOf('check').filter((key) => !/\.(?:detail|line)$/.test(key))).toEqual(expect.arrayContaining(codes));
    for (const code of codes) {
      expect(zh.has(`check.${code}`)).toBe(true);
      const written = files.map(({ text }) => text.split(`code: '${code}'`)[1] ?? '').find((text) => text !== '') ?? '';
      const detail = written.split('passed: true')[1] ?? '';
      for (const name of argumentsOf(catalogue.get(`check.${code}.detail`)?.en ?? '')) expect(detail).toContain(name);
    }
  });
});

import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { textOfFile } from '../kit/cli/file.ts';
import { readJson } from '../kit/cli/json-file.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

type Account = {
  id: string;
  name: string;
  provider: string;
  callerNumbers: string[];
  lines: number;
  callsPerSecond: number;
  state: string;
  stopCode: string | null;
  settings: { url: string };
};
type Settings = { settings?: string; callerNumbers?: string; lines?: string; rate?: string };
const settingOptions = [
  ['--settings <file>', 'JSON: url, user, password, application, dialString, numberStyle, timeoutMs'],
  ['--caller-numbers <list>', 'numbers that are shown to those who are called, separated by commas'],
  ['--lines <n>', 'calls at once'],
  ['--rate <n>', 'new calls a second'],
] as const;

function wanted(cwd: string, given: Settings): Record<string, unknown> {
  const file = given.settings === undefined ? null : readJson(given.settings, textOfFile(cwd, given.settings));
  // The password stands in the file: on the command line everybody on the machine could read it.
  const { password, ...settings } = file ?? {};
  return {
    ...(file !== null && { settings }),
    ...(password !== undefined && { password }),
    ...(given.callerNumbers !== undefined && {
      callerNumbers: given.callerNumbers.split(',').map((each) => each.trim()),
    }),
    ...(given.lines !== undefined && { lines: wholeNumber('--lines', given.lines) }),
    ...(given.rate !== undefined && { callsPerSecond: wholeNumber('--rate', given.rate) }),
  };
}
const at = (name: string, act: string): string => `/voice-accounts/${encodeURIComponent(name)}/${act}`;

export function addVoice(program: Command, run: Run): void {
  const voice = noun(program, 'voice', 'PBXs that calls are made by');
  verb(voice, run, {
    name: 'list',
    summary: 'Accounts, and whether they may call',
    examples: ['voice list'],
    run: async (session) => {
      const data = await session.client().get<{ items: Account[] }>('/voice-accounts');
      const rows = data.items.map((each) => [
        each.name,
        each.provider,
        each.settings.url,
        String(each.lines),
        `${each.callsPerSecond}/s`,
        each.callerNumbers.join(' '),
        each.state,
        each.stopCode,
      ]);
      const heads = ['name', 'engine', 'address', 'lines', 'rate', 'caller numbers', 'state', 'stopped by'];
      return { data, text: table(heads, rows) };
    },
  });
  verb<[string], Settings>(voice, run, {
    name: 'create <name>',
    summary: 'Add an Asterisk of the house (docs/asterisk.md)',
    options: settingOptions,
    examples: ['voice create pbx-main --settings pbx.json --caller-numbers 01060000000 --lines 60'],
    run: async (session, [name], given) => {
      const body = { name, provider: 'asterisk', ...wanted(session.cwd, given) };
      const data = await session.client().post<{ id: string }>('/voice-accounts', body);
      return { data, text: `Added: ${data.id}\nTry it: waihu voice check ${name}` };
    },
  });
  verb<[string], Settings>(voice, run, {
    name: 'change <name>',
    summary: 'Change settings, caller numbers, lines or rate',
    options: settingOptions,
    examples: ['voice change pbx-main --lines 90'],
    run: async (session, [name], given) => {
      await session.client().post(at(name, 'change'), wanted(session.cwd, given));
      return { data: { changed: true }, text: 'Changed.' };
    },
  });
  verb<[string]>(voice, run, {
    name: 'check <name>',
    summary: 'Ask the PBX what calls need of it; nobody is dialled',
    examples: ['voice check pbx-main'],
    run: async (session, [name]) => {
      const data = await session
        .client()
        .post<{ version: string; trunk: string | null; trunkState: string | null }>(at(name, 'check'));
      const trunk = data.trunk === null ? '' : `; the trunk ${data.trunk} is ${data.trunkState ?? 'unknown'}`;
      return { data, text: `Asterisk ${data.version} answers, and its events come${trunk}.` };
    },
  });
  verb<[string]>(voice, run, {
    name: 'stop <name>',
    summary: 'Make no new calls by this account; those that are on go on',
    examples: ['voice stop pbx-main'],
    run: async (session, [name]) => {
      await session.client().post(at(name, 'stop'));
      return { data: { stopped: true }, text: 'Stopped.' };
    },
  });
  verb<[string]>(voice, run, {
    name: 'resume <name>',
    summary: 'Let a stopped account call again',
    examples: ['voice resume pbx-main'],
    run: async (session, [name]) => {
      await session.client().post(at(name, 'resume'));
      return { data: { resumed: true }, text: 'It may call again.' };
    },
  });
}

import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { textOfFile } from '../kit/cli/file.ts';
import { readJson } from '../kit/cli/json-file.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';

export type Gateway = {
  id: string;
  name: string;
  provider: string;
  ratePerSecond: number;
  priceMilliYuan: number;
  state: string;
  stopCode: string | null;
  stoppedUntil: string | null;
};

type Settings = { rate?: string; price?: string; settings?: string };
const settingOptions = [
  ['--rate <n>', 'messages a second'],
  ['--price <n>', 'thousandths of a yuan a segment: 45 is ¥0.045'],
  ['--settings <file>', 'JSON: endpoint, protocol, credentialsFile, timeoutMs, hours, settle'],
] as const;

function wanted(cwd: string, { rate, price, settings }: Settings): Record<string, unknown> {
  return {
    ...(rate !== undefined && { ratePerSecond: wholeNumber('--rate', rate) }),
    ...(price !== undefined && { priceMilliYuan: wholeNumber('--price', price) }),
    ...(settings !== undefined && { settings: readJson(settings, textOfFile(cwd, settings)) }),
  };
}

export function addGateway(program: Command, run: Run): void {
  const gateway = noun(program, 'gateway', 'Accounts at SMS providers');
  verb(gateway, run, {
    name: 'list',
    summary: 'Accounts, and whether they may send',
    examples: ['gateway list'],
    run: async (session) => {
      const data = await session.client().get<{ items: Gateway[] }>('/gateway-accounts');
      const rows = data.items.map((each) => [
        each.id,
        each.name,
        each.provider,
        `${each.ratePerSecond}/s`,
        `¥${(each.priceMilliYuan / 1000).toFixed(3)}`,
        each.state,
        each.stopCode,
      ]);
      return { data, text: table(['id', 'name', 'provider', 'rate', 'a segment', 'state', 'stopped by'], rows) };
    },
  });
  verb<[string], Settings & { provider: string }>(gateway, run, {
    name: 'create <name>',
    summary: 'Add an account; its credentials stay in a file on the server',
    options: [['--provider <provider>', 'aliyun', 'aliyun'], ...settingOptions],
    examples: ['gateway create aliyun-main --rate 200 --price 45 --settings aliyun.json'],
    run: async (session, [name], { provider, ...settings }) => {
      const data = await session
        .client()
        .post<{ id: string; reportsPath: string; repliesPath: string }>('/gateway-accounts', {
          name,
          provider,
          ...wanted(session.cwd, settings),
        });
      return {
        data,
        text: `Added: ${data.id}\nLet the provider push, below your public address:\n  receipts to ${data.reportsPath}\n  replies to  ${data.repliesPath}`,
      };
    },
  });
  verb<[string], Settings>(gateway, run, {
    name: 'change <name>',
    summary: 'Change settings, rate or price; a new price voids signatures given at the old one',
    options: settingOptions,
    examples: ['gateway change aliyun-main --rate 500'],
    run: async (session, [name], settings) => {
      await session
        .client()
        .post(`/gateway-accounts/${encodeURIComponent(name)}/change`, wanted(session.cwd, settings));
      return { data: { changed: true }, text: 'Changed.' };
    },
  });
  verb<[string]>(gateway, run, {
    name: 'reopen <name>',
    summary: 'Let a stopped account send again; its campaigns stay paused until somebody resumes them',
    examples: ['gateway reopen aliyun-main'],
    run: async (session, [name]) => {
      await session.client().post(`/gateway-accounts/${encodeURIComponent(name)}/reopen`);
      return { data: { reopened: true }, text: 'It may send again. Resume its campaigns: waihu campaign resume …' };
    },
  });
}

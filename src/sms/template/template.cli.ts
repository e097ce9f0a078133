import type { Command } from 'commander';
import type { Client } from '../../kit/cli/client.ts';
import { noun, verb, type Run } from '../../kit/cli/command.ts';
import { usage } from '../../kit/cli/fault.ts';
import type { Gateway } from '../gateway.cli.ts';
import { textOfFile } from '../../kit/cli/file.ts';
import { readJson } from '../../kit/cli/json-file.ts';
import { table } from '../../kit/cli/output.ts';
import { readSources } from '../variable-source.cli.ts';

type Template = {
  id: string;
  name: string;
  version: number;
  kind: string;
  source: string;
  signName: string;
  gatewayCode: string;
};
type Checked = {
  findings: { code: string; severity: 'error' | 'warning'; en: string; zh: string }[];
  segments: number;
  gatewayContent: string | null;
};
type Preview = { phone: string; text: string | null; segments: number; faults: { variable: string; code: string }[] };
type TextFlags = { file?: string; kind?: string; text?: string; sign?: string; var: string[] };

const textOptions = [
  ['--file <file>', 'JSON as the API takes it; flags go over it'],
  ['--kind <kind>', 'marketing or notice'],
  ['--text <text>', 'the text, with {{variables}}'],
  ['--sign <name>', 'signature name, without 【】'],
] as const;
const variableOption = [
  '--var <name:type:max:example:label>',
  'a variable; types: text, name, number, money, date, time',
] as const;

export function addTemplate(program: Command, run: Run): void {
  const template = noun(program, 'template', 'Texts; a version is never changed');
  verb(template, run, {
    name: 'list',
    summary: 'Every version of every text',
    examples: ['template list'],
    run: async (session) => {
      const data = await session.client().get<{ items: Template[] }>('/templates');
      return {
        data,
        text: table(
          ['id', 'name', 'version', 'kind', 'code', 'text'],
          data.items.map((each) => [
            each.id,
            each.name,
            each.version,
            each.kind,
            each.gatewayCode,
            `【${each.signName}】${each.source}`,
          ]),
        ),
      };
    },
  });
  verb<[], TextFlags>(template, run, {
    name: 'check',
    summary: 'Every rule that a text breaks; exit code 1 when one does',
    options: textOptions,
    repeated: [variableOption],
    examples: [
      'template check --kind marketing --sign 示例银行 --text "{{name}}，您好，拒收请回复R" --var name:name:10:李雷:姓名',
    ],
    run: async (session, _, flags) => {
      const data = await session.client().post<Checked>('/templates/check', textOf(session.cwd, flags));
      const broken = data.findings.some(({ severity }) => severity === 'error');
      const lines = data.findings.map(({ code, severity, en }) => `${severity === 'error' ? '✗' : '!'} ${code}: ${en}`);
      const end = [
        `${data.segments} segment(s) with the examples`,
        ...(data.gatewayContent === null ? [] : [`at the gateway: ${data.gatewayContent}`]),
      ];
      return {
        data,
        text: [...(lines.length > 0 ? lines : ['No rule is broken.']), ...end].join('\n'),
        exit: broken ? 1 : 0,
      };
    },
  });
  verb<[], TextFlags & { name?: string; gateway?: string; code?: string }>(template, run, {
    name: 'create',
    summary: 'Keep the next version of a text',
    options: [
      ...textOptions,
      ['--name <name>', 'of the text; the same name makes a new version'],
      ['--gateway <account>', 'name or id'],
      ['--code <code>', 'the template’s code at the gateway'],
    ],
    repeated: [variableOption],
    examples: [
      'template create --name spring --kind marketing --sign 示例银行 --text "{{name}}，您好，拒收请回复R" --var name:name:10:李雷:姓名 --gateway aliyun-main --code SMS_123',
      'template create --file spring.json',
    ],
    run: async (session, _, { name, gateway, code, ...flags }) => {
      const client = session.client();
      const body = {
        ...textOf(session.cwd, flags),
        ...(name !== undefined && { name }),
        ...(gateway !== undefined && { gatewayAccountId: await gatewayId(client, gateway) }),
        ...(code !== undefined && { gatewayCode: code }),
      };
      const data = await client.post<{ id: string; version: number }>('/templates', body);
      return { data, text: `Kept version ${data.version}: ${data.id}` };
    },
  });
  verb<[string], { audience: string; var: string[] }>(template, run, {
    name: 'preview <template>',
    summary: 'What people of an audience would get: the shortest, a usual and the longest text',
    required: [['--audience <id>', 'whose people']],
    repeated: [
      ['--var <name=source>', 'where a variable comes from: name, tier, attribute:KEY, row:KEY or constant:TEXT'],
    ],
    examples: ['template preview 0192… --audience 0192… --var name=name --var amount=row:金额'],
    run: async (session, [templateId], { audience, var: sources }) => {
      const data = await session.client().post<{ items: Preview[] }>('/templates/preview', {
        templateId,
        audienceId: audience,
        variableSources: readSources(sources),
      });
      return {
        data,
        text: table(
          ['phone', 'segments', 'text'],
          data.items.map((each) => [
            each.phone,
            each.segments,
            each.text ?? each.faults.map(({ variable, code }) => `${variable}: ${code}`),
          ]),
        ),
      };
    },
  });
}

function textOf(cwd: string, { file, kind, text, sign, var: variables }: TextFlags): Record<string, unknown> {
  return {
    ...(file !== undefined && readJson(file, textOfFile(cwd, file))),
    ...(kind !== undefined && { kind }),
    ...(text !== undefined && { source: text }),
    ...(sign !== undefined && { signName: sign }),
    ...(variables.length > 0 && { variables: variables.map(readVariable) }),
  };
}

function readVariable(spec: string): Record<string, unknown> {
  const [, name, type, maxLength, example, label] = /^([^:]+):([^:]+):(\d+):([^:]*):(.+)$/s.exec(spec) ?? [];
  if (name === undefined)
    throw usage(
      `--var wants name:type:max:example:label, not ${JSON.stringify(spec)}.`,
      'For example --var name:name:10:李雷:姓名; an example with a colon needs --file.',
    );
  return { name, type, maxLength: Number(maxLength), example, label };
}

async function gatewayId(client: Client, nameOrId: string): Promise<string> {
  const { items } = await client.get<{ items: Gateway[] }>('/gateway-accounts');
  const found = items.find((each) => each.id === nameOrId || each.name === nameOrId);
  if (!found)
    throw usage(
      `There is no gateway account ${nameOrId}; there are: ${items.map(({ name }) => name).join(', ') || 'none'}.`,
    );
  return found.id;
}

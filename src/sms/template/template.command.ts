import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { countSegments } from '../segment.rule.ts';
import { checkSignName, checkTemplateText, type MessageKind } from '../sms-text.rule.ts';
import { findAudience, freezeCandidates } from '../../audience/audience.db.ts';
import { VariableSources } from '../../campaign/campaign.db.ts';
import { findGatewayAccount } from '../gateway-account.db.ts';
import { findTemplate, insertTemplate, VariableSpecRow } from './template.db.ts';
import { createWordFilter, type WordFilter } from '../forbidden-words.rule.ts';
import { allowedWords, forbiddenWordsFor } from '../forbidden-words-zh.rule.ts';
import { findVariableFaults, parseTemplate, renderTemplate, variableName, variablesSchema } from './template.rule.ts';
import { refuseForeignAudience } from '../../audience/audience.command.ts';
import { demand, mutate, type Context } from '../../house/context.ts';
import { chooseThree, renderPeople, type Rendering } from './rendering.command.ts';
import { oneLine } from '../../kernel/field.rule.ts';

export const TemplateText = z.strictObject({
  kind: z.enum(['marketing', 'notice']),
  source: z.string().min(1).max(1_000),
  variables: z
    .array(
      VariableSpecRow.extend({
        name: z.string().max(30).regex(variableName),
        maxLength: z.int().min(1).max(35),
        example: oneLine(100, 0),
        label: oneLine(60, 0),
      }),
    )
    .max(20)
    .default([]),
  signName: oneLine(60, 0),
});
export const NewTemplateInput = TemplateText.extend({
  name: oneLine(60),
  gatewayAccountId: z.uuid(),
  gatewayCode: oneLine(40),
});

/** One thing to change in a text, or (warning) to look at. `zh` and `en` say what. */
export type TextFinding = { code: string; severity: 'error' | 'warning'; zh: string; en: string; at?: unknown };

// Building one takes milliseconds, and texts are checked while they are typed.
const wordFilters = new Map<MessageKind, WordFilter>();
function wordFilterFor(kind: MessageKind): WordFilter {
  const filter = wordFilters.get(kind) ?? createWordFilter(forbiddenWordsFor(kind), allowedWords);
  wordFilters.set(kind, filter);
  return filter;
}

/** Every rule that a text can break, checked before anybody is asked to sign it. */
export function findTextFaults(text: z.input<typeof TemplateText>): TextFinding[] {
  const { kind, source, variables, signName } = TemplateText.parse(text);
  const parsed = parseTemplate(source);
  if (!parsed.ok)
    return parsed.faults.map(({ code, zh, en, line, column }) => ({
      code,
      severity: 'error',
      zh,
      en,
      at: { line, column },
    }));
  const declared = variables.map(({ name }) => name);
  const undeclared = parsed.variables.filter((name) => !declared.includes(name));
  const unused = declared.filter((name) => !parsed.variables.includes(name));
  const words = wordFilterFor(kind).find(source);
  return [
    ...checkSignName(signName),
    ...checkTemplateText({ kind, signName, source }),
    ...undeclared.map((name): TextFinding => ({
      code: 'template.undeclared-variable',
      severity: 'error',
      zh: `请声明变量 ${name}。`,
      en: `Declare the variable ${name}.`,
    })),
    ...unused.map((name): TextFinding => ({
      code: 'template.unused-variable',
      severity: 'error',
      zh: `文本中没有用到变量 ${name}，请删除其声明。`,
      en: `The text does not use the variable ${name}; remove its declaration.`,
    })),
    ...variables.flatMap((spec): TextFinding[] =>
      findVariableFaults(variablesSchema([spec]), { [spec.name]: spec.example }).map(({ code }) => ({
        code,
        severity: 'error',
        zh: `变量 ${spec.name} 的示例不符合其类型或长度。`,
        en: `The example of the variable ${spec.name} does not fit its type or length.`,
      })),
    ),
    ...words.map(({ word, category, severity, start, end }): TextFinding => ({
      code: 'text.forbidden-word',
      severity,
      zh: `请改写“${word}”（${category}）。`,
      en: `Reword “${word}” (${category}).`,
      at: { start, end },
    })),
  ];
}

/** SMS that one text counts as, with the examples of its variables; a text that cannot be read is counted as it stands. */
export function segmentsOf({ source, variables, signName }: z.input<typeof TemplateText>): number {
  const parsed = parseTemplate(source);
  const example = Object.fromEntries((variables ?? []).map((spec) => [spec.name, spec.example]));
  const readable = parsed.ok && parsed.variables.every((name) => Object.hasOwn(example, name));
  return countSegments({ signName, text: readable ? renderTemplate(source)(example) : source }).segments;
}

export function checkTemplate(
  ctx: Context,
  input: z.input<typeof TemplateText>,
): { findings: TextFinding[]; segments: number; gatewayContent: string | null } {
  demand(ctx, 'template:read');
  const findings = findTextFaults(input);
  const parsed = parseTemplate(input.source);
  return { findings, segments: segmentsOf(input), gatewayContent: parsed.ok ? parsed.gatewayContent : null };
}

/** Throws `template.faults` while a rule is broken. */
export function demandTextInOrder({ kind, source, variables, signName }: z.input<typeof TemplateText>): void {
  const faults = findTextFaults({ kind, source, variables, signName }).filter(({ severity }) => severity === 'error');
  if (faults.length > 0)
    throw new AppError('invalid', 'template.faults', faults.map(({ en }) => en).join(' '), { faults });
}

/** Adds the next version of a template. Refused while a rule is broken. */
export async function createTemplate(
  ctx: Context,
  input: z.input<typeof NewTemplateInput>,
): Promise<{ id: string; version: number }> {
  const wanted = NewTemplateInput.parse(input);
  const { kind, source, variables, signName } = wanted;
  demandTextInOrder({ kind, source, variables, signName });
  return mutate(ctx, 'template:write', async (tx) => {
    if (!(await findGatewayAccount(tx, wanted.gatewayAccountId)))
      throw new AppError(
        'invalid',
        'template.no-gateway',
        'There is no gateway account with this id; see `waihu gateway list`.',
      );
    const id = randomUUIDv7();
    const version = await insertTemplate(tx, { ...wanted, id }, ctx.staff.id);
    return {
      result: { id, version },
      audit: {
        action: 'template.create',
        objectKind: 'template',
        objectId: id,
        details: { name: wanted.name, version, gatewayCode: wanted.gatewayCode },
      },
    };
  });
}

export const PreviewInput = z.strictObject({
  templateId: z.uuid(),
  audienceId: z.uuid(),
  variableSources: VariableSources.default({}),
});
export type Preview = Rendering;

/** What three people of the audience would get: the shortest, a usual and the longest of the first thousand. */
export async function previewTemplate(ctx: Context, input: z.input<typeof PreviewInput>): Promise<Preview[]> {
  demand(ctx, 'template:read');
  demand(ctx, 'customer:read');
  const wanted = PreviewInput.parse(input);
  await refuseForeignAudience(ctx, ctx.pool, wanted.audienceId);
  const template = await findTemplate(ctx.pool, wanted.templateId);
  const audience = await findAudience(ctx.pool, wanted.audienceId);
  if (!template || !audience)
    throw new AppError('missing', 'preview.missing', 'There is no such template or audience.');
  const people = await freezeCandidates(ctx.pool, audience, null, 1_000, ctx.now());
  const previews = renderPeople(template, people, wanted.variableSources);
  return [...chooseThree(previews), ...previews.filter(({ text }) => text === null).slice(0, 3)];
}

import { dysms } from './sdk.ts';
import type { AliyunCaller } from './client.ts';
import { readAnswer, readFault } from './outcome.ts';
import type { ApplyOutcome, SignatureApplication, SubmitOutcome, TemplateApplication } from '../gateway.ts';

/** The provider's limits on what an application says. */
const longestName = 30;
const longestRemark = 500;

/** Hands a text in for review. The provider wants 30 seconds between two calls and takes 100 a day. */
export async function applyTemplate(caller: AliyunCaller, application: TemplateApplication): Promise<ApplyOutcome> {
  const { name, kind, content, signName, variables, remark } = application;
  const rules = Object.fromEntries(variables.map((variable) => [variable.name, ruleNames[variable.type]]));
  const request = new dysms.CreateSmsTemplateRequest({
    templateName: Array.from(name).slice(0, longestName).join(''),
    templateContent: content,
    templateType: kind === 'notice' ? 1 : 2,
    relatedSignName: signName,
    remark: remark.slice(0, longestRemark),
    ...(variables.length > 0 && { templateRule: JSON.stringify(rules) }),
  });
  return apply(caller, async () => {
    const { body } = await caller.client.createSmsTemplateWithOptions(request, caller.options());
    return { body: body ?? {}, code: body?.templateCode };
  });
}

/** Hands a signature in for review, as the company's own name (source 0), for all uses (type 1). */
export async function applySignature(caller: AliyunCaller, application: SignatureApplication): Promise<ApplyOutcome> {
  const { name, qualificationId, remark } = application;
  const request = new dysms.CreateSmsSignRequest({
    signName: name,
    signSource: 0,
    signType: 1,
    remark: remark.slice(0, longestRemark),
    ...(qualificationId !== null && { qualificationId }),
  });
  return apply(caller, async () => {
    const { body } = await caller.client.createSmsSignWithOptions(request, caller.options());
    return { body: body ?? {}, code: body?.signName ?? name };
  });
}

type Answer = { body: { code?: string; message?: string }; code: string | undefined };

async function apply({ now }: AliyunCaller, call: () => Promise<Answer>): Promise<ApplyOutcome> {
  const context = { now, secrets: () => [] };
  try {
    const { body, code } = await call();
    if (body.code !== 'OK') return declined(readAnswer(body, context));
    return typeof code === 'string' && code !== ''
      ? { kind: 'taken', code }
      : { kind: 'unknown', code: 'client.unreadable-answer', message: '' };
  } catch (error) {
    return declined(readFault(error, context));
  }
}

const declined = (verdict: SubmitOutcome): ApplyOutcome =>
  verdict.kind === 'accepted'
    ? { kind: 'unknown', code: 'client.unexpected', message: '' }
    : { kind: verdict.kind, code: verdict.code, message: verdict.message };

// The provider's own names for what a variable may hold. Not tried against the provider: see docs/gateway-aliyun.md.
const ruleNames: Record<TemplateApplication['variables'][number]['type'], string> = {
  text: 'others',
  name: 'name',
  number: 'other_number2',
  money: 'money',
  date: 'time',
  time: 'time',
};

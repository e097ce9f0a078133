import { dysms } from './sdk.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { applySignature, applyTemplate } from './apply.ts';
import { callOptions, createAliyunClient, readTimeoutMs } from './client.ts';
import type { AliyunCaller, AliyunClient, AliyunSettings } from './client.ts';
import { findMessage } from './find.ts';
import { readAnswer, readFault, refusedByUs } from './outcome.ts';
import { listSignatures, listTemplates } from './list.ts';
import { toGatewayPhone } from './phone.ts';
import { findSignature, findTemplate } from './review.ts';
import type { GatewayLimits, SmsGateway, SmsRecipient, SmsRequest, SubmitOutcome } from '../gateway.ts';

const limits: GatewayLimits = { sameText: 1_000, perPerson: 100 };

/**
 * Alibaba Cloud SMS (Dysms, version 2017-05-25). Source: https://help.aliyun.com/document_detail/419273.html.
 * `submit` answers every fault of the wire with an outcome; it throws AppError('invalid', 'sms-request.…') only for a
 * request that breaks the interface. What finds and lists throws AppError('unavailable', 'sms-gateway.…').
 */
export function createAliyunGateway(
  settings: AliyunSettings,
  now: () => Date = () => new Date(),
  client: AliyunClient = createAliyunClient(settings),
): SmsGateway {
  const timeoutMs = readTimeoutMs(settings);
  const caller: AliyunCaller = { client, options: () => callOptions(timeoutMs), now };
  return {
    limits,
    submit: (request) => submit(caller, request),
    find: (query) => findMessage(caller, query),
    findTemplate: (code) => findTemplate(caller, code),
    findSignature: (name) => findSignature(caller, name),
    listTemplates: () => listTemplates(caller),
    listSignatures: () => listSignatures(caller),
    applyTemplate: (application) => applyTemplate(caller, application),
    applySignature: (application) => applySignature(caller, application),
  };
}

async function submit(caller: AliyunCaller, request: SmsRequest): Promise<SubmitOutcome> {
  const sameText = allAlike(request.recipients);
  checkRequest(request, sameText);
  const phones: string[] = [];
  for (const { phone } of request.recipients) {
    const national = toGatewayPhone(phone);
    if (national === null) return refusedByUs('recipient', 'client.phone');
    phones.push(national);
  }
  // Two forms of one number would be two messages to one person, and the gateway does not look.
  if (new Set(phones).size < phones.length) throw invalid('repeated-phone', 'Name each number once in a request.');
  const context = { now: caller.now, secrets: () => secretsOf(request, phones) };
  try {
    const { body } = await (sameText ? sendSms : sendBatchSms)(caller, request, phones);
    return readAnswer(body ?? {}, context);
  } catch (error) {
    return readFault(error, context);
  }
}

function sendSms({ client, options }: AliyunCaller, request: SmsRequest, phones: string[]) {
  const { outId, signName, templateCode, recipients } = request;
  const variables = recipients[0]?.variables ?? {};
  const wire = new dysms.SendSmsRequest({
    phoneNumbers: phones.join(','),
    signName,
    templateCode,
    outId,
    ...(Object.keys(variables).length > 0 ? { templateParam: JSON.stringify(variables) } : {}),
  });
  return client.sendSmsWithOptions(wire, options());
}

function sendBatchSms({ client, options }: AliyunCaller, request: SmsRequest, phones: string[]) {
  const { outId, signName, templateCode, recipients } = request;
  const wire = new dysms.SendBatchSmsRequest({
    phoneNumberJson: JSON.stringify(phones),
    signNameJson: JSON.stringify(phones.map(() => signName)),
    templateParamJson: JSON.stringify(recipients.map(({ variables }) => variables)),
    templateCode,
    outId,
  });
  return client.sendBatchSmsWithOptions(wire, options());
}

function checkRequest({ outId, recipients }: SmsRequest, sameText: boolean): void {
  const most = sameText ? limits.sameText : limits.perPerson;
  if (recipients.length === 0) throw invalid('no-recipients', 'Give at least one recipient.');
  if (recipients.length > most) {
    throw invalid('too-many-recipients', `Split the request into calls of at most ${most} recipients.`, { most });
  }
  if (outId.length === 0 || outId.length > 255) throw invalid('out-id', 'Give an out id of 1 to 255 characters.');
}

const invalid = (what: string, message: string, details?: Record<string, unknown>) =>
  new AppError('invalid', `sms-request.${what}`, message, details);

function allAlike(recipients: readonly SmsRecipient[]): boolean {
  const first = recipients[0]?.variables ?? {};
  const names = Object.keys(first);
  return recipients.every(
    ({ variables }) =>
      variables === first ||
      (Object.keys(variables).length === names.length && names.every((name) => variables[name] === first[name])),
  );
}

const secretsOf = ({ recipients, outId }: SmsRequest, phones: string[]) => [
  ...phones,
  ...recipients.flatMap(({ phone, variables }) => [phone, ...Object.values(variables)]),
  outId,
];

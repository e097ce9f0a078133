import type { Form, SignedText } from './form.rule.ts';
import { formFormats } from './formats/formats.rule.ts';
import { purposeOfText } from '../kernel/reach.rule.ts';
import { plainFields } from './plain-field.rule.ts';
import { chinaTime, fields, visible, yuan } from '../kit/cli/output.ts';

type GivenSignature = { role: string; staffName: string };

/** A form as a person reads it before signing: every field of it, and the digest of exactly these fields. */
export function describeForm(form: SignedText, digest: string, signatures: readonly GivenSignature[]): string {
  const parts = [
    ...(isOfCampaign(form) ? campaignParts(form) : plainParts(form)),
    ...(signatures.length > 0
      ? ['SIGNED ALREADY', ...signatures.map((each) => `  ${each.role}: ${each.staffName}`)]
      : []),
    `digest ${digest}`,
  ];
  // A form is read before it is signed: nothing in it may change what the reader sees.
  return parts.map((part) => part.split('\n').map(visibleLine).join('\n')).join('\n');
}

const isOfCampaign = (form: SignedText): form is Form => formFormats.some((format) => format === form.format);

/** Of a content that the command line has no words for, every field stands under the name that it has in what is signed. */
const plainParts = (form: SignedText): string[] => [
  `CONFIRMATION FORM 确认书  ${form.number}`,
  fields({
    format: form.format,
    name: form.name,
    applicant: `${form.applicant.name}, ${form.unit} (${form.applicant.id})`,
    'sign by': chinaTime(form.signBy),
  }),
  'WHAT IS SIGNED',
  ...plainFields(form).map(({ path, value }) => `  ${path}: ${visible(value)}`),
];

function campaignParts(form: Form): string[] {
  const { text, gateway, audience, window, cost } = form;
  const days =
    window.days === 'every-day'
      ? 'every day'
      : `working days of calendar ${form.calendarVersion} (${form.calendarDigest.slice(0, 16)}…)`;
  return [
    `SMS CONFIRMATION FORM 短信内容发送确认书  ${form.number}`,
    fields({
      name: form.name,
      purpose: form.purpose,
      applicant: `${form.applicant.name}, ${form.unit} (${form.applicant.id})`,
      kind: `${form.kind}, ${form.channel}`,
      'contact for': purposeOfText(form),
      topic: form.topic,
    }),
    `TEXT  ${text.templateName} version ${text.templateVersion} (${text.templateId}), at the gateway ${text.gatewayTemplateCode}`,
    `  【${text.signName}】${visible(text.source)}`,
    ...text.variables.map(
      (each) => `  {{${each.name}}} ${each.label}: ${each.type}, at most ${each.maxLength} characters`,
    ),
    'PEOPLE',
    fields({
      list: `${audience.name} (${audience.id})`,
      people: `${audience.size}, in batches of ${audience.batchSize}`,
      'Merkle root': audience.merkleRoot,
    }),
    'WHEN AND HOW',
    fields({
      window: `${chinaTime(window.startsAt)} to ${chinaTime(window.endsAt)} (${window.timeZone})`,
      daily: `${window.dailyFrom} to ${window.dailyTo}, ${days}`,
      rate: `at most ${form.ratePerSecond} a second`,
      gateway: `${gateway.account} (${gateway.provider}, ${gateway.accountId}), ${gateway.requests} requests`,
      'sent to': `${gateway.protocol}://${gateway.endpoint} with the key of ${gateway.credentials}`,
      ...stopAndLeftOut(form),
      cost: `${cost.segments} segments at ¥${(cost.pricePerSegmentMilliYuan / 1000).toFixed(3)}: about ${yuan(cost.estimateFen)}, at most ${yuan(cost.ceilingFen)}`,
      'sign by': chinaTime(form.signBy),
    }),
    'CHECKS MADE',
    ...form.checks.map(({ code, detail }) =>
      `  ✓ ${code} ${Object.entries(detail)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')}`.trimEnd(),
    ),
  ];
}

/** What only newer forms state. */
function stopAndLeftOut(form: Form): Record<string, string> {
  if (form.format === 'waihu.form/2') return {};
  const { stop, leftOut } = form;
  const reasons = Object.entries(leftOut.reasons).map(([reason, count]) => `${count} ${reason}`);
  return {
    'left out': `${leftOut.people} of ${leftOut.candidates}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`,
    stops: `above ${stop.failurePercent} % failed, ${stop.optOutsPerThousand} opt-outs or ${stop.complaintsPerThousand} complaints of 1,000, from ${stop.fromPeople} people on`,
  };
}

// Columns are made of runs of spaces, which `visible` would close up.
const visibleLine = (line: string): string =>
  line
    .split(/( {2,})/)
    .map((piece) => (/^ +$/.test(piece) ? piece : visible(piece)))
    .join('');

import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { validateWindow } from '../../contact/sending-window.rule.ts';
import { chinaDateAt } from '../../kernel/working-day.rule.ts';
import { StopConditionsInput } from '../stop-condition.db.ts';
import { findAudience } from '../../audience/audience.db.ts';
import { findCalendar } from '../../kernel/calendar.db.ts';
import { campaignWindow, insertCampaign, VariableSources, type Campaign, type NewCampaign } from '../campaign.db.ts';
import { findGatewayAccount } from '../../sms/gateway-account.db.ts';
import { findTemplate } from '../../sms/template/template.db.ts';
import { findTopic } from '../../customer/topic.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import { refuseForeignAudience } from '../../audience/audience.command.ts';
import { contactPurposes, mayBeFor, purposesOfKind } from '../../kernel/reach.rule.ts';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { instant, oneLine, paragraph } from '../../kernel/field.rule.ts';

const Time = z
  .string()
  .max(5)
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'Give HH:mm on China time.');
/** ISO 8601 knows two names for midnight: `T24:00` is the end of its day. */
const Instant = z.union([
  instant(),
  z
    .string()
    .max(40)
    .regex(
      /^(?:19|2\d)\d\d-\d\d-\d\dT24:00(:00(\.0{1,3})?)?(Z|[+-]\d\d:\d\d)$/,
      'Give a date and time with its offset.',
    ),
]);

export const NewCampaignInput = z.strictObject({
  name: oneLine(80),
  purpose: paragraph(500),
  unit: oneLine(80).optional(),
  templateId: z.uuid(),
  audienceId: z.uuid(),
  variableSources: VariableSources.default({}),
  topic: oneLine(64).nullable().default(null),
  contactPurpose: z
    .enum(contactPurposes)
    .nullable()
    .default(null)
    .describe(
      'What the contact rule judges by. Of a marketing text `marketing` (default) or `survey`; of a notice `service` (default), `repayment`, `callback` or `care`.',
    ),
  window: z.strictObject({
    startsAt: Instant,
    endsAt: Instant,
    dailyFrom: Time,
    dailyTo: Time,
    days: z.enum(['every-day', 'working-days']).default('every-day'),
  }),
  ratePerSecond: z.int().min(1).max(100_000),
  requests: z.enum(['single', 'batched']).default('single'),
  costCeilingFen: z.int().min(0).max(100_000_000_000),
  stopConditions: StopConditionsInput.prefault({}),
  /** Default: the end of the window, at most seven days from now. */
  signBy: instant().optional(),
});
export type NewCampaignInput = z.input<typeof NewCampaignInput>;

/** Keeps a draft. Everything that can be wrong with it is said together, before anybody is asked to sign. */
export async function createCampaign(ctx: Context, input: NewCampaignInput): Promise<{ id: string; number: string }> {
  const wanted = NewCampaignInput.parse(input);
  return mutate(ctx, 'campaign:write', async (tx) => {
    demandIn(ctx, 'campaign:write', wanted.unit ?? ctx.staff.unit);
    const now = ctx.now();
    const campaign = newCampaign(ctx.staff, wanted, randomUUIDv7(), now);
    await refuseForeignAudience(ctx, tx, campaign.audienceId);
    await demandComplete(tx, campaign, now);
    const number = await insertCampaign(tx, campaign, chinaDateAt(now));
    return {
      result: { id: campaign.id, number },
      audit: {
        action: 'campaign.create',
        objectKind: 'campaign',
        objectId: campaign.id,
        details: { number, templateId: campaign.templateId, audienceId: campaign.audienceId },
      },
    };
  });
}

/** The campaign that the applicant asks for, not yet stored. */
export function newCampaign(
  applicant: { id: string; name: string; unit: string },
  input: NewCampaignInput,
  id: string,
  now: Date,
): NewCampaign {
  const wanted = NewCampaignInput.parse(input);
  const { window, signBy, unit, ...rest } = wanted;
  return {
    ...rest,
    id,
    unit: unit ?? applicant.unit,
    applicantId: applicant.id,
    applicantName: applicant.name,
    startsAt: new Date(window.startsAt),
    endsAt: new Date(window.endsAt),
    dailyFrom: window.dailyFrom,
    dailyTo: window.dailyTo,
    days: window.days,
    signBy: signBy ? new Date(signBy) : new Date(Math.min(Date.parse(window.endsAt), now.getTime() + 7 * 86_400_000)),
  };
}

type Checked = Pick<
  Campaign,
  | 'templateId'
  | 'audienceId'
  | 'variableSources'
  | 'topic'
  | 'contactPurpose'
  | 'startsAt'
  | 'endsAt'
  | 'dailyFrom'
  | 'dailyTo'
  | 'days'
  | 'ratePerSecond'
  | 'signBy'
>;

/** Everything that is wrong with a draft, in one refusal. */
export async function demandComplete(db: Db, campaign: Checked, now: Date): Promise<void> {
  const template = await findTemplate(db, campaign.templateId);
  const audience = await findAudience(db, campaign.audienceId);
  if (!template)
    throw new AppError(
      'invalid',
      'campaign.no-template',
      'There is no template with this id; choose one of `waihu template list`.',
      { field: 'templateId' },
    );
  if (audience?.state !== 'open')
    throw new AppError(
      'invalid',
      'campaign.no-audience',
      'There is no open audience with this id; choose one of `waihu audience list`.',
      { field: 'audienceId' },
    );
  const account = await findGatewayAccount(db, template.gatewayAccountId);
  const calendar = await findCalendar(db);
  if (!account || !calendar)
    throw new AppError(
      'invalid',
      'campaign.no-gateway',
      'The gateway account or the calendar is missing; ask an administrator.',
    );

  const faults: FieldFault[] = [
    ...sourceFaults(template, campaign.variableSources),
    ...(await topicFaults(db, campaign.topic)),
    ...purposeFaults(template, campaign.contactPurpose),
    ...validateWindow({
      window: campaignWindow(campaign),
      kind: template.kind,
      calendar,
      hours: account.settings.hours,
      now,
    }).map(({ code, field, en }) => ({
      field: `window.${field}`,
      code,
      message: en,
    })),
  ];
  if (campaign.ratePerSecond > account.ratePerSecond) {
    faults.push({
      field: 'ratePerSecond',
      code: 'campaign.rate-above-account',
      message: `The gateway account allows ${account.ratePerSecond} messages a second.`,
    });
  }
  if (campaign.signBy <= now)
    faults.push({
      field: 'signBy',
      code: 'campaign.sign-by-past',
      message: 'Let the time to sign by lie in the future.',
    });
  if (faults.length > 0)
    throw new AppError('invalid', 'campaign.faults', faults.map(({ message }) => message).join(' '), { faults });
}

export type FieldFault = { field: string; code: string; message: string };

async function topicFaults(db: Db, topic: string | null): Promise<FieldFault[]> {
  if (topic === null || (await findTopic(db, topic))) return [];
  const message = 'There is no such topic; choose one of `waihu topic list`.';
  return [{ field: 'topic', code: 'campaign.unknown-topic', message }];
}

/** Whether texts of that kind may be for it: who judges caps and hours must not be told that marketing is a duty notice. */
export function purposeFaults(
  { kind }: { kind: 'marketing' | 'notice' },
  purpose: Campaign['contactPurpose'],
): FieldFault[] {
  if (purpose === null || mayBeFor(kind, purpose)) return [];
  const message = `A ${kind} text may be for ${purposesOfKind[kind].join(', ')}, not for ${purpose}.`;
  return [{ field: 'contactPurpose', code: 'campaign.purpose-of-kind', message }];
}

/** Variables of the template without a source, and sources without a variable. */
export function sourceFaults(
  template: { variables: readonly { name: string }[] },
  sources: Campaign['variableSources'],
): FieldFault[] {
  const names = template.variables.map(({ name }) => name);
  return [
    ...names
      .filter((name) => !Object.hasOwn(sources, name))
      .map((name) => ({
        field: `variableSources.${name}`,
        code: 'campaign.variable-without-source',
        message: `Say where the variable ${name} comes from.`,
      })),
    ...Object.keys(sources)
      .filter((name) => !names.includes(name))
      .map((name) => ({
        field: `variableSources.${name}`,
        code: 'campaign.unknown-variable',
        message: `The template has no variable ${name}.`,
      })),
  ];
}

import { z } from 'zod';
import { contactPurposes } from '../kernel/reach.rule.ts';
import { campaignStates } from './state.rule.ts';
import { messageStates } from '../contact/message-state.rule.ts';
import { StopConditionsRow } from './stop-condition.db.ts';
import { VariableSources } from './campaign.db.ts';
import { Signed } from '../form/evidence.api.ts';

/** A campaign by id or by number. */
export const Which = z.object({
  campaign: z
    .string()
    .regex(
      /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|WH-\d{8}-\d{4,10})$/i,
      'Give the id of a campaign or its number (WH-20261122-0001).',
    ),
});

export const Campaign = z
  .object({
    id: z.uuid(),
    number: z.string(),
    name: z.string(),
    unit: z.string(),
    purpose: z.string(),
    contactPurpose: z
      .enum(contactPurposes)
      .nullable()
      .describe('What the contact rule judges by; null: `marketing` of marketing, `service` of a notice.'),
    applicantId: z.uuid(),
    applicantName: z.string(),
    templateId: z.uuid(),
    audienceId: z.uuid(),
    frozenAudienceId: z.uuid().nullable(),
    variableSources: VariableSources,
    topic: z.string().nullable(),
    startsAt: z.date(),
    endsAt: z.date(),
    dailyFrom: z.string(),
    dailyTo: z.string(),
    days: z.enum(['every-day', 'working-days']),
    ratePerSecond: z.int(),
    requests: z.enum(['single', 'batched']),
    costCeilingFen: z.int(),
    stopConditions: StopConditionsRow.describe('When it pauses by itself.'),
    estimateFen: z.int().nullable(),
    segments: z.int().nullable(),
    signBy: z.date(),
    state: z.enum(campaignStates),
    stateReason: z.record(z.string(), z.unknown()).nullable(),
    createdAt: z.date(),
    submittedAt: z.date().nullable(),
    startedAt: z.date().nullable(),
    finishedAt: z.date().nullable(),
  })
  .meta({ id: 'Campaign' });

export const InFlight = z.object({ seq: z.int(), phone: z.string().describe('Masked.'), since: z.date() });
export const Ledger = z.object({
  size: z.int(),
  counts: z.record(z.enum(messageStates), z.int()),
  reasons: z.array(z.object({ state: z.string(), reason: z.string(), count: z.int() })),
  balanced: z.boolean().describe('Whether the counts sum to the frozen list.'),
});
export const CampaignCard = z
  .object({
    campaign: Campaign,
    form: z.object({ digest: z.string(), expiresAt: z.date() }).nullable(),
    signatures: z.array(Signed.extend({ staffId: z.uuid() })),
    ledger: Ledger.nullable(),
    inFlight: z.array(InFlight),
    archive: z.object({ digest: z.string(), bytes: z.int(), createdAt: z.date() }).nullable(),
  })
  .meta({ id: 'CampaignCard' });

const Suppressed = z.object({
  kind: z.string(),
  scope: z.string().nullable(),
  channels: z.array(z.string()).readonly(),
  purposes: z.array(z.string()).readonly(),
  source: z.string(),
  createdAt: z.date(),
  expiresAt: z.date().nullable(),
});
const Receipt = z.object({
  outId: z.string(),
  delivered: z.boolean(),
  errorCode: z.string(),
  segments: z.int(),
  reportedAt: z.date().nullable(),
  receivedAt: z.date(),
  repeats: z.int(),
});
export const Explanation = z
  .object({
    campaign: z.string(),
    state: z.enum(campaignStates),
    phone: z.string().describe('Masked.'),
    verdict: z.enum(['not-frozen', 'excluded', 'not-listed', ...messageStates]),
    why: z.string(),
    suppressions: z.array(Suppressed),
    seq: z.int().optional(),
    reason: z.string().nullable().optional(),
    outId: z.string().nullable().optional(),
    attempt: z.int().optional(),
    claimedAt: z.date().nullable().optional(),
    changedAt: z.date().nullable().optional(),
    dueAt: z.date().nullable().optional(),
    bizId: z.string().nullable().optional(),
    code: z.object({ code: z.string(), meaning: z.string(), reaction: z.string() }).nullable().optional(),
    receipts: z.array(Receipt).optional(),
    replies: z.array(z.object({ meaning: z.enum(['opt-out', 'other']), receivedAt: z.date() })).optional(),
    history: z.array(z.object({ at: z.string(), action: z.string() })).optional(),
  })
  .meta({ id: 'Explanation' });

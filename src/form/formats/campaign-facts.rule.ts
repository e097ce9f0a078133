import type { Form, FormCheck } from '../form.rule.ts';
import type { Window } from '../../contact/sending-window.rule.ts';
import type { ContactPurpose } from '../../kernel/reach.rule.ts';
import type { StopConditions } from '../stop-condition.rule.ts';
import type { Calendar } from '../../kernel/working-day.rule.ts';

/** What the database says of a campaign now. Each format reads of it what its forms state; a fact is added here, never given another meaning. */
export type CampaignFacts = {
  campaign: Omit<Window, 'startsAt' | 'endsAt'> & {
    number: string;
    name: string;
    unit: string;
    /** As it was called when the form was made; null while it is called so still. */
    formUnit: string | null;
    purpose: string;
    /** What the contact rule judges by; null or absent where it is what texts of its kind are for. */
    contactPurpose?: ContactPurpose | null;
    applicantId: string;
    applicantName: string;
    topic: string | null;
    startsAt: Date;
    endsAt: Date;
    ratePerSecond: number;
    requests: 'single' | 'batched';
    costCeilingFen: number;
    signBy: Date;
    calendarVersion: string | null;
    segments: number | null;
    estimateFen: number | null;
    checks: readonly FormCheck[] | null;
    stopConditions: StopConditions;
  };
  template: {
    id: string;
    name: string;
    version: number;
    kind: Form['kind'];
    source: string;
    variables: readonly { name: string; type: string; maxLength: number; label: string }[];
    signName: string;
    gatewayCode: string;
  };
  account: {
    id: string;
    name: string;
    provider: string;
    priceMilliYuan: number;
    settings: { endpoint: string; protocol: 'http' | 'https'; credentialsFile?: string | undefined };
  };
  audience: {
    id: string;
    name: string;
    size: number;
    batchSize: number;
    merkleRoot: string;
    /** How many were left off the list, by reason. */
    excluded: Readonly<Record<string, number>>;
  };
  /** The one that the campaign was frozen with; null when its rows are gone. */
  calendar: Calendar | null;
};

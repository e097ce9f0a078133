import type { ContactPurpose } from '../kernel/reach.rule.ts';

/** What every form states, whatever it is about; the rest is its format's own. */
export type SignedText = {
  format: string;
  number: string;
  name: string;
  unit: string;
  applicant: { id: string; name: string };
  /** ISO, UTC: what is signed later does not count. */
  signBy: string;
};

/** 短信内容发送确认书 as data: what two people sign of a campaign. Everything that decides what is sent, to whom, when, how fast and at what cost. */
export type Form = WaihuForm2 | SmsCampaign2;

/** A campaign by text message, with what stops it by itself and who of the list was left out. */
export type SmsCampaign2 = Omit<WaihuForm2, 'format'> & {
  format: 'sms-campaign/2';
  /** Of `candidates` so many `people` are not written to, by reason. */
  leftOut: { candidates: number; people: number; reasons: Readonly<Record<string, number>> };
  /** It pauses once more than so many of those written to failed, opted out or complained; a share of fewer than `fromPeople` says nothing. */
  stop: { failurePercent: number; optOutsPerThousand: number; complaintsPerThousand: number; fromPeople: number };
};

export type WaihuForm2 = {
  format: 'waihu.form/2';
  number: string;
  name: string;
  unit: string;
  purpose: string;
  applicant: { id: string; name: string };
  kind: 'marketing' | 'notice';
  channel: 'sms';
  topic: string | null;
  /** What the contact rule judges by, where it is not what texts of that kind are for. */
  contactPurpose?: ContactPurpose;
  text: {
    templateId: string;
    templateName: string;
    templateVersion: number;
    source: string;
    variables: readonly { name: string; type: string; maxLength: number; label: string }[];
    signName: string;
    gatewayTemplateCode: string;
  };
  /** Where messages go and as whom. `credentials`: `default-chain`, or `file:` and a digest of where the file lies. */
  gateway: {
    account: string;
    accountId: string;
    provider: string;
    endpoint: string;
    protocol: 'http' | 'https';
    credentials: string;
    requests: 'single' | 'batched';
  };
  audience: { id: string; name: string; size: number; batchSize: number; merkleRoot: string };
  window: {
    startsAt: string;
    endsAt: string;
    dailyFrom: string;
    dailyTo: string;
    days: 'every-day' | 'working-days';
    timeZone: 'Asia/Shanghai';
  };
  ratePerSecond: number;
  cost: { pricePerSegmentMilliYuan: number; segments: number; estimateFen: number; ceilingFen: number };
  checks: readonly FormCheck[];
  calendarVersion: string;
  /** SHA-256, hex, of the canonical JSON of the calendar: on which days working days fall. */
  calendarDigest: string;
  signBy: string;
};

/** One line of the checks that the form vouches for. `passed: false` never reaches a form: submission is refused. */
export type FormCheck = { code: string; passed: true; detail: Readonly<Record<string, string | number>> };

/** Paths at which two forms differ (`text.source`, `window.endsAt`): what to tell people when signatures no longer hold. */
export function changedFields(signed: unknown, live: unknown, path = ''): string[] {
  if (Object.is(signed, live)) return [];
  const bothObjects = typeof signed === 'object' && typeof live === 'object' && signed !== null && live !== null;
  if (!bothObjects) return [path];
  const left = signed as Record<string, unknown>;
  const right = live as Record<string, unknown>;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].toSorted();
  return keys.flatMap((key) => changedFields(left[key], right[key], path === '' ? key : `${path}.${key}`));
}

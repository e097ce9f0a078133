import type { RefusalClass } from './submit-outcome.rule.ts';

/** One call to the gateway. All recipients share one out id: the gateway echoes it in receipts and details. */
export type SmsRequest = {
  outId: string;
  signName: string;
  templateCode: string;
  recipients: readonly SmsRecipient[];
};

/** `phone` in E.164 (`+8613800138000`); `variables` are exactly the template's, every value a string. */
export type SmsRecipient = { phone: string; variables: Readonly<Record<string, string>> };

/**
 * The verdict on one call, for every number in it alike (the gateway answers per call, not per number).
 * `refused` is proven "not sent"; `unknown` may have been sent and must never be repeated blindly.
 * No field carries a number, a variable or a URL.
 */
export type SubmitOutcome =
  | { kind: 'accepted'; bizId: string }
  | {
      kind: 'refused';
      class: RefusalClass;
      code: string;
      message: string;
      /** Not before this many seconds (class `retry` and `defer`, and `account` when it lifts by itself). */
      retryAfterSeconds?: number;
    }
  | { kind: 'unknown'; code: string; message: string };

/** What the gateway knows of one number under one out id. `outId` is the one that was found. Times are UTC. */
export type FindOutcome =
  | {
      kind: 'sent';
      outId: string;
      state: 'waiting' | 'delivered' | 'failed';
      errorCode: string | null;
      receivedAt: Date | null;
    }
  | { kind: 'not-sent' }
  | { kind: 'cannot-tell'; code: string };

export type Receipt = {
  bizId: string;
  outId: string | null;
  phone: string;
  delivered: boolean;
  errorCode: string;
  segments: number;
  sentAt: Date | null;
  reportedAt: Date | null;
};

export type InboundSms = { sequenceId: string; phone: string; content: string; destCode: string; receivedAt: Date };

export type ReviewState = 'reviewing' | 'passed' | 'failed' | 'cancelled';
export type GatewayTemplate = { code: string; content: string; state: ReviewState; rejectInfo: string | null };
export type GatewaySignature = { name: string; state: ReviewState; rejectInfo: string | null };

/** What stands in the provider's list; `kind` null: one that Waihu does not send (codes, international). */
export type ListedTemplate = GatewayTemplate & { name: string; kind: 'marketing' | 'notice' | null };

/** A text to be reviewed. `content` as the gateway writes it (`${name}`); `signName` must have passed already. */
export type TemplateApplication = {
  name: string;
  kind: 'marketing' | 'notice';
  content: string;
  signName: string;
  variables: readonly { name: string; type: 'text' | 'name' | 'number' | 'money' | 'date' | 'time' }[];
  /** The scene and a whole example, which reviewers ask for. */
  remark: string;
};
/** `qualificationId`: the company papers on file with the provider, which a real one asks for. */
export type SignatureApplication = { name: string; qualificationId: number | null; remark: string };

/**
 * `refused` is proven "not taken"; after `unknown` it may stand in the provider's list, so it must be looked up before
 * it is handed in again.
 */
export type ApplyOutcome =
  | { kind: 'taken'; code: string }
  | { kind: 'refused' | 'unknown'; code: string; message: string };

export type GatewayLimits = {
  /** Most numbers in one call when all get the same text. */
  sameText: number;
  /** Most numbers in one call when variables differ. */
  perPerson: number;
};

/** The edge to one SMS provider account. Implementations keep no state beyond their HTTP client and never retry. */
export interface SmsGateway {
  readonly limits: GatewayLimits;
  submit(request: SmsRequest): Promise<SubmitOutcome>;
  /**
   * `day` is the China date (YYYYMMDD) of the submit. Where `outId` is not known, a message whose out id begins with `kin` is
   * as good: it went to the same person for the same purpose.
   */
  find(query: { outId: string; kin?: string; phone: string; day: string }): Promise<FindOutcome>;
  findTemplate(code: string): Promise<GatewayTemplate | null>;
  findSignature(name: string): Promise<GatewaySignature | null>;
  /** Newest first, at most 500. */
  listTemplates(): Promise<ListedTemplate[]>;
  listSignatures(): Promise<GatewaySignature[]>;
  /** `code` of the outcome is the template's code. */
  applyTemplate(application: TemplateApplication): Promise<ApplyOutcome>;
  /** `code` of the outcome is the name. */
  applySignature(application: SignatureApplication): Promise<ApplyOutcome>;
}

/**
 * What a provider pushes to us: no client, no credentials. `body` is bytes as they came (with the content type they came with),
 * text, or JSON that is parsed already. Throws AppError('invalid', …) on a body it cannot read at all; `rejected` counts single
 * items it could not read.
 */
export type PushParser = {
  parseReceipts(body: unknown, contentType?: string | null): { receipts: Receipt[]; rejected: number };
  parseReplies(body: unknown, contentType?: string | null): { replies: InboundSms[]; rejected: number };
};

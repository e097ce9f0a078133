import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Arrival, ArrivedContext } from '../../house/session.command.ts';
import type { GatewayOf } from '../../sms/template/view.command.ts';
import type { Staff } from '../../house/context.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import type { ChannelKit } from '../../house/notice/kit.ts';
import { Problem } from './problem.ts';

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the routes of every noun are given. */
export type RouteDeps = {
  pool: Pool;
  /** For commands of people who are not signed in yet. */
  arrival: Arrival;
  /** Who calls, as commands want it. */
  contextOf: (request: FastifyRequest) => ArrivedContext;
  /** Who calls, looked at again: throws once the session has ended or the person may no longer call. For answers that last. */
  callerAgain: (request: FastifyRequest) => Promise<Staff>;
  /** Where people reach this server. */
  publicUrl: string;
  /** Of the key that this installation seals with; null where it has none (tests). */
  sealFingerprint: string | null;
  /** The driver of an SMS account, for questions that pages ask. */
  gatewayOf: GatewayOf;
  /** What turns a stored notice channel into one that sends. */
  channelKit: ChannelKit;
  /** Of the browser that prints; found by itself when it is not given. */
  browserPath?: string | undefined;
  /** Rights or keys changed: nobody is trusted from memory any more. */
  forgetCallers: () => void;
};

const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: Problem } },
});
/** Every answer that is a refusal; each route of the API has them (route-schema.ts). */
export const refusals = {
  '4xx': refusal('Refused; `code` says why.'),
  '5xx': refusal('Not answered; `code` says why.'),
};

/** An answer that is a file. */
export const fileAnswer = (contentType: string, description: string) => ({
  description,
  content: { [contentType]: { schema: z.any().meta({ type: 'string', format: 'binary' }) } },
});

export const Id = z.object({ id: z.uuid() });

/** Bodies and answers that hold nothing. */
export const Nothing = z.null();

/** Long lists come newest first and in pages: `before` is the `next` of the page before. */
export const PageQuery = z.object({
  before: z.uuid().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
/** The same in a body. */
export const PageBody = z.object({ before: z.uuid().optional(), limit: z.int().min(1).max(500).default(50) });
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.uuid().nullable() });
export const asPage = <Row>({ rows, next }: { rows: Row[]; next: string | null }) => ({ items: rows, next });

export const listOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item) });

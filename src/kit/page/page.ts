import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Params, Translate } from '../../kernel/translate.ts';
import type { SignIn } from '../../house/sign-in/sign-in.ts';
import type { RouteDeps } from '../http/api.ts';
import type { MenuId } from './menu.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers people with pages: refusals are pages too, and a missing sign-in leads to the sign-in page. */
    page?: boolean;
  }
}

/** What the layout needs of a page; the rest of its data is the page's own. */
export type PageData = {
  /** Translated. */
  title: string;
  nav: MenuId;
  crumbs?: { href: string; label: string }[];
  /** Files of web/, beside those every page has. */
  scripts?: string[];
  styles?: string[];
  /** Loads ECharts. */
  charts?: boolean;
  /** Here a step of the first-run list may end: the page names the next one. */
  leadsOn?: boolean;
};

/** A fault as a form shows it. */
export type PageFault = { code: string; message: string; fields: Record<string, string> };

/** What the pages of every noun are given. */
export type Pages = RouteDeps & {
  signIn: SignIn;
  translatorOf(request: FastifyRequest): Translate;
  /** Renders templates/console/<view>.hbs inside the layout. */
  page(
    request: FastifyRequest,
    reply: FastifyReply,
    view: string,
    data: PageData & Record<string, unknown>,
  ): Promise<FastifyReply>;
  /** Renders a template without the layout: for htmx and drawers. */
  fragment(request: FastifyRequest, reply: FastifyReply, view: string, data: Record<string, unknown>): FastifyReply;
  /** The same as text: for what is pushed to a page that is open. */
  render(request: FastifyRequest, view: string, data: Record<string, unknown>): string;
  /** Leads on (303) with one sentence, shown once on the next page. `href` is a path of ours. */
  done(request: FastifyRequest, reply: FastifyReply, href: string, key: string, params?: Params): FastifyReply;
  /** What leads this person to the first archived campaign, line by line, for `first-run/list`; null once it is over or put away. */
  firstRun(request: FastifyRequest): Promise<readonly object[] | null>;
  /** Where a revoked key leads when something that it has signed can still go out; null when nothing can. */
  stillSigned(request: FastifyRequest, credentialId: string): Promise<string | null>;
  /** The fault in the reader's language; anything but an AppError is thrown on. */
  faultOf(request: FastifyRequest, error: unknown): PageFault;
};

/** The status of a form that is shown again: what it usually is, or 429 with the time to wait. */
export function refusedWith(reply: FastifyReply, error: unknown, usually: number): FastifyReply {
  if (!(error instanceof AppError) || error.code !== 'auth.throttled') return reply.code(usually);
  return reply.code(429).header('retry-after', Number(error.details?.['retryAfterSeconds'] ?? 60));
}

/** A path of this server to go on to; anything else would let a link here lead people elsewhere. */
export const nextOf = (given: string | undefined): string =>
  given !== undefined && /^\/(?![/\\])[^\s\\]*$/.test(given) ? given : '/';

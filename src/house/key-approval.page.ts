import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { decideCredential, listCredentials } from './credential.command.ts';
import { judgeKeys, wayInDaysOf, showWaysIn } from './key-approval.command.ts';
import { listPeople } from './staff.command.ts';
import type { Context } from './context.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import type { Api } from '../kit/http/api.ts';
import { approvalOf } from './people.page.ts';
import { groupsOf } from './signing-key.page.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const decides = { needs: 'credential:decide' } as const;
// Each is judged by the record of its own; the rest is shown when these are decided.
const mostKeys = 50;
const Chosen = z.object({ id: z.union([z.uuid(), z.array(z.uuid()).max(mostKeys)]).default([]) }).default({ id: [] });

/** All signing keys that wait, named with their fingerprints, to be approved by one confirmation. */
export function keyApprovalPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, fault: PageFault | null) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const keys = await waitingOf(ctx, t('sign-off.list-comma'));
    return pages.page(request, reply, 'people/keys', {
      title: t('people.keys-title'),
      nav: 'people',
      styles: ['people.css'],
      crumbs: [{ href: '/people', label: t('people.title') }],
      leadsOn: true,
      keys,
      mayAny: keys.some(({ approval }) => approval?.may),
      firstDays: keys.some(({ approval }) => approval?.firstDays),
      wayInDays: wayInDaysOf(ctx),
      fault,
    });
  };

  app.get('/people/keys', { config: decides }, (request, reply) => show(request, reply, null));
  app.post('/people/keys', { config: decides, schema: { body: Chosen } }, async (request, reply) => {
    const t = pages.translatorOf(request);
    const comma = t('sign-off.list-comma');
    const { approved, refused } = await approveEach(pages, request, [request.body.id].flat());
    const names = approved.join(comma);
    if (approved.length > 0 && refused.length === 0)
      return pages.done(request, reply, '/people/keys', 'people.keys-approved', { count: approved.length, names });
    const message =
      refused.length === 0
        ? t('people.keys-none-chosen')
        : approved.length === 0
          ? t('people.keys-refused')
          : t('people.keys-some-refused', { names });
    const fields = Object.fromEntries(refused.map(({ id, sentence }) => [id, sentence]));
    return show(request, reply.code(422), { code: 'request.invalid', message, fields });
  });
}

/** One after the other, each by its own rule and with its own record; what is refused stops none of the others. */
async function approveEach(pages: Pages, request: FastifyRequest, ids: readonly string[]) {
  const ctx = pages.contextOf(request);
  const nameOf = new Map((await listCredentials(ctx, {})).map(({ id, staffName }) => [id, staffName]));
  const approved: string[] = [];
  const refused: { id: string; sentence: string }[] = [];
  for (const id of new Set(ids)) {
    try {
      approved.push((await decideCredential(ctx, { credentialId: id, decision: 'approve' })).staffName);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refused.push({ id, sentence: `${nameOf.get(id) ?? id}: ${pages.faultOf(request, error).message}` });
    }
  }
  return { approved, refused };
}

async function waitingOf(ctx: Context, comma: string) {
  const people = new Map((await listPeople(ctx)).map((person) => [person.id, person]));
  const all = await listCredentials(ctx, {});
  const active = Map.groupBy(
    all.filter(({ state }) => state === 'active'),
    ({ staffId }) => staffId,
  );
  const keys = all
    .filter(
      ({ state, staffId }) =>
        state === 'requested' && staffId !== ctx.staff.id && people.get(staffId)?.disabledAt === null,
    )
    .slice(0, mostKeys);
  const judged = await judgeKeys(ctx, keys);
  return Promise.all(
    keys.map(async ({ id, staffId, staffName, label, kind, fingerprint, requestedAt }, index) => ({
      id,
      staffId,
      name: staffName,
      holds: active.get(staffId)?.length ?? 0,
      roles: people.get(staffId)?.roles ?? [],
      label,
      kind,
      fingerprintGroups: groupsOf(fingerprint),
      requestedAt,
      approval: approvalOf(judged[index]),
      givers: [...new Set((await showWaysIn(ctx, staffId)).map(({ giver }) => giver))].join(comma),
    })),
  );
}

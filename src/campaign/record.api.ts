import { z } from 'zod';
import { explainRecipient, takeArchive, showCampaign, showForm } from './view.command.ts';
import { exportLedger, type LedgerLine } from './ledger-export.command.ts';
import { createPeopleList, PeopleWanted, showPeople } from './people-list.command.ts';
import { ledgerParts } from './figure.rule.ts';
import { campaignStates } from './state.rule.ts';
import { peopleOutcomes } from './people-list.rule.ts';
import { fileAnswer, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { Explanation, Ledger, Which } from './shape.ts';
import { Signed } from '../form/evidence.api.ts';
import { sendCsv } from '../kit/http/send-csv.ts';

const Form = z.object({
  campaignId: z.uuid(),
  state: z.enum(campaignStates),
  canonical: z.string().describe('RFC 8785 JSON; the digest is the SHA-256 of its UTF-8 bytes.'),
  digest: z.string(),
  expiresAt: z.date(),
  signatures: z.array(Signed),
});
const LeftOut = z.object({ reached: z.int(), 'taken-over': z.int(), gone: z.int(), suppressed: z.int() });
const PeopleLine = z.object({
  outcome: z.enum(peopleOutcomes),
  reason: z.string().nullable(),
  people: z.int(),
  usable: z.int(),
  leftOut: LeftOut,
  usual: z.boolean().describe('Whether they come onto the audience when `reasons` is not given.'),
});
const ledgerHeader = [
  'seq',
  'phone',
  'state',
  'reason',
  'attempt',
  'request_seq',
  'code',
  'biz_id',
  'claimed_at',
  'changed_at',
  'customer_number',
];
const Narrowed = z.object({
  part: z
    .enum([...ledgerParts, 'excluded'])
    .optional()
    .describe('Only these people, as the page of the ledger parts them; excluded: whom the freeze left out.'),
  reason: z.string().max(60).optional().describe('Only those of this reason, such as undelivered.'),
});
const tags = ['campaigns'];

/** What a campaign leaves behind: its form, its ledger, its archive. */
export function campaignRecordRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/campaigns/:campaign/form',
    {
      config: { needs: 'campaign:read' },
      schema: {
        tags,
        summary: 'The form to be signed, byte for byte, and who has signed it',
        params: Which,
        response: { 200: Form, ...refusals },
      },
    },
    (request) => showForm(contextOf(request), request.params.campaign),
  );
  app.get(
    '/campaigns/:campaign/ledger',
    {
      config: { needs: 'campaign:read' },
      schema: {
        tags,
        summary: 'How many are in which state; null before the list is frozen',
        params: Which,
        response: { 200: z.object({ ledger: Ledger.nullable() }), ...refusals },
      },
    },
    async (request) => ({ ledger: (await showCampaign(contextOf(request), request.params.campaign)).ledger }),
  );
  app.post(
    '/campaigns/:campaign/explain',
    {
      config: { needs: 'campaign:explain', readsOnly: true },
      schema: {
        tags,
        summary: 'Was this number contacted, and why, or why not?',
        params: Which,
        body: z.object({ phone: z.string().min(1).max(40) }),
        response: { 200: Explanation, ...refusals },
      },
    },
    (request) => explainRecipient(contextOf(request), { campaign: request.params.campaign, phone: request.body.phone }),
  );
  app.get(
    '/campaigns/:campaign/ledger.csv',
    {
      config: { needs: 'ledger:export' },
      schema: {
        tags,
        summary: 'The ledger, whole or a part of it, numbers masked',
        description: 'For who made the campaign, and for whoever may export the ledgers of its unit. Put on record.',
        params: Which,
        querystring: Narrowed,
        response: { 200: fileAnswer('text/csv', 'One line a person.'), ...refusals },
      },
    },
    async (request, reply) => {
      const { campaign, rows } = await exportLedger(contextOf(request), request.params.campaign, request.query);
      return sendCsv(reply, ledgerLines(rows), { fileName: `${campaign.number}-ledger.csv` });
    },
  );
  app.get(
    '/campaigns/:campaign/audience',
    {
      config: { needs: 'audience:write' },
      schema: {
        tags,
        summary: 'Who of its people could be on a new audience',
        description: 'By outcome, failed people by reason too. `usable` and the parts of `leftOut` add up to `people`.',
        params: Which,
        response: { 200: z.object({ items: z.array(PeopleLine) }), ...refusals },
      },
    },
    async (request) => ({ items: (await showPeople(contextOf(request), request.params.campaign)).lines }),
  );
  app.post(
    '/campaigns/:campaign/audience',
    {
      config: { needs: 'audience:write' },
      schema: {
        tags,
        summary: 'Make an audience of its people by what became of their message',
        description:
          'Left out, and counted, are people who were suppressed since and numbers that are another customer’s or nobody’s by now.',
        params: Which,
        body: PeopleWanted,
        response: { 201: z.object({ id: z.uuid(), name: z.string(), people: z.int(), leftOut: LeftOut }), ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await createPeopleList(contextOf(request), request.params.campaign, request.body)),
  );
  app.get(
    '/campaigns/:campaign/archive',
    {
      config: { needs: 'campaign:export' },
      schema: {
        tags,
        summary: 'The sealed archive; `waihu verify` judges it without a server',
        params: Which,
        response: { 200: fileAnswer('application/json', 'docs/archive.md says what is in it.'), ...refusals },
      },
    },
    async (request, reply) => {
      const { number, bytes, body } = await takeArchive(contextOf(request), request.params.campaign);
      void reply
        .type('application/json')
        .header('content-length', bytes)
        .header('content-disposition', `attachment; filename="${number}.waihu.json"`);
      return reply.send(body);
    },
  );
}

async function* ledgerLines(rows: AsyncIterable<LedgerLine>): AsyncGenerator<unknown[]> {
  yield ledgerHeader;
  for await (const row of rows) {
    const { seq, phone, state, reason, attempt, requestSeq, code, bizId, claimedAt, changedAt, customerNumber } = row;
    yield [
      seq,
      phone,
      state,
      reason,
      attempt,
      requestSeq,
      code,
      bizId,
      claimedAt?.toISOString(),
      changedAt?.toISOString(),
      customerNumber,
    ];
  }
}

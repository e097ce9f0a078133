import { z } from 'zod';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import { instant, paragraph } from '../../kernel/field.rule.ts';
import { asPage, Id, Nothing, pageOf, PageQuery, refusals, type Api, type RouteDeps } from '../../kit/http/api.ts';
import { ScriptContent } from './content.rule.ts';
import type { Script as Stored } from './script.db.ts';
import {
  changeScript,
  createScript,
  NewScriptInput,
  nextVersion,
  submitScript,
  withdrawScript,
} from './script.command.ts';
import { scriptStates } from './state.rule.ts';
import { browseScripts, showScript } from './view.command.ts';

const Script = z
  .object({
    id: z.uuid(),
    number: z.string(),
    version: z.int(),
    name: z.string(),
    unit: z.string(),
    purpose: z.enum(contactPurposes),
    state: z.enum(scriptStates),
    author: z.string(),
    signBy: z.date(),
    createdAt: z.date(),
  })
  .meta({ id: 'Script' });
const shown = ({ applicantName: author, ...script }: Stored) => Script.parse({ ...script, author });

const Card = Script.extend({
  content: ScriptContent,
  digest: z.string().nullable(),
  signatures: z.array(z.object({ role: z.enum(['liaison', 'leader']), name: z.string(), at: z.date() })),
  versions: z.array(z.object({ id: z.uuid(), number: z.string(), version: z.int(), state: z.enum(scriptStates) })),
});
const Which = z.object({ script: z.string().max(60).describe('Its id or its number, `SC-20261128-0001`.') });
const Made = Id.extend({ number: z.string(), version: z.int() });
const tags = ['scripts'];

export function scriptRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/scripts',
    {
      config: { needs: 'script:read' },
      schema: {
        tags,
        summary: 'The newest version of each call script; of a state asked for, every version that stands so',
        querystring: PageQuery.extend({ state: z.enum(scriptStates).optional() }),
        response: { 200: pageOf(Script), ...refusals },
      },
    },
    async (request) => {
      const { rows, next } = await browseScripts(contextOf(request), request.query);
      return asPage({ rows: rows.map(shown), next });
    },
  );
  app.get(
    '/scripts/:script',
    {
      config: { needs: 'script:read' },
      schema: {
        tags,
        summary: 'One version: its words, who signed it',
        params: Which,
        response: { 200: Card, ...refusals },
      },
    },
    async (request) => {
      const { script, versions, digest, signatures } = await showScript(contextOf(request), request.params.script);
      return {
        ...shown(script),
        content: script.content,
        digest,
        signatures,
        versions: versions.map(({ id, number, version, state }) => ({ id, number, version, state })),
      };
    },
  );
  app.post(
    '/scripts',
    {
      config: { needs: 'script:write' },
      schema: { tags, summary: 'Keep a draft', body: NewScriptInput, response: { 201: Made, ...refusals } },
    },
    async (request, reply) => reply.code(201).send(await createScript(contextOf(request), request.body)),
  );
  app.post(
    '/scripts/:script',
    {
      config: { needs: 'script:write' },
      schema: {
        tags,
        summary: 'Change one’s own draft',
        params: Which,
        body: NewScriptInput,
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await changeScript(contextOf(request), { ...request.body, scriptId: request.params.script });
      return null;
    },
  );
  signingRoutes(app, contextOf);
}

function signingRoutes(app: Api, contextOf: RouteDeps['contextOf']): void {
  app.post(
    '/scripts/:script/next-version',
    {
      config: { needs: 'script:write' },
      schema: {
        tags,
        summary: 'Write the next version, beginning with the words of this one',
        params: Which,
        response: { 201: Made, ...refusals },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await nextVersion(contextOf(request), { scriptId: request.params.script })),
  );
  app.post(
    '/scripts/:script/submit',
    {
      config: { needs: 'script:write' },
      schema: {
        tags,
        summary: 'Hand the draft in: its form is made and the liaison officer is asked to sign',
        params: Which,
        body: z.object({ signBy: instant().optional() }).nullish(),
        response: { 202: z.object({ digest: z.string() }), ...refusals },
      },
    },
    async (request, reply) => {
      const { signBy } = request.body ?? {};
      const input = { scriptId: request.params.script, ...(signBy !== undefined && { signBy }) };
      return reply.code(202).send(await submitScript(contextOf(request), input));
    },
  );
  app.post(
    '/scripts/:script/withdraw',
    {
      config: { needs: 'script:write' },
      schema: {
        tags,
        summary: 'Take one’s own script back; lists that call with it stop',
        params: Which,
        body: z.object({ reason: paragraph(500) }),
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await withdrawScript(contextOf(request), { scriptId: request.params.script, reason: request.body.reason });
      return null;
    },
  );
}

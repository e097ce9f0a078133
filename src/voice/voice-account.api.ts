import { z } from 'zod';
import { Id, listOf, Nothing, refusals, type Api, type RouteDeps } from '../kit/http/api.ts';
import { AsteriskSettings } from './asterisk/settings.rule.ts';
import {
  addVoiceAccount,
  changeVoiceAccount,
  checkVoiceAccount,
  listVoiceAccounts,
  NewVoiceAccount,
  resumeVoiceAccount,
  stopVoiceAccount,
  VoiceAccountChange,
} from './voice-account.command.ts';
import { voiceStopCodes } from './voice-account.db.ts';

const Account = z
  .object({
    id: z.uuid(),
    name: z.string(),
    provider: z.enum(['asterisk']),
    settings: AsteriskSettings,
    callerNumbers: z.array(z.string()),
    lines: z.int().describe('Calls at once, those that still ring among them.'),
    callsPerSecond: z.int(),
    state: z.enum(['active', 'stopped']),
    stopCode: z.enum(voiceStopCodes).nullable(),
    stoppedUntil: z.date().nullable(),
  })
  .meta({ id: 'VoiceAccount' });
const Check = z.object({
  version: z.string(),
  trunk: z.string().nullable(),
  trunkState: z.string().nullable().describe('As the PBX has it: online, offline, unknown.'),
  milliseconds: z.int(),
});
const Name = z.object({ name: z.string().min(1).max(40) });
const tags = ['voice accounts'];

export function voiceAccountRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/voice-accounts',
    {
      config: { needs: 'voice:read' },
      schema: { tags, summary: 'PBXs that calls are made by', response: { 200: listOf(Account), ...refusals } },
    },
    async (request) => ({ items: await listVoiceAccounts(contextOf(request)) }),
  );
  app.post(
    '/voice-accounts',
    {
      config: { needs: 'voice:write' },
      schema: {
        tags,
        summary: 'Add a PBX',
        description: 'Its host must be among WAIHU_VOICE_HOSTS. The password is kept sealed and never shown again.',
        body: NewVoiceAccount,
        response: { 201: Id, ...refusals },
      },
    },
    async (request, reply) => reply.code(201).send(await addVoiceAccount(contextOf(request), request.body)),
  );
  app.post(
    '/voice-accounts/:name/change',
    {
      config: { needs: 'voice:write' },
      schema: {
        tags,
        summary: 'Change settings, caller numbers, lines or rate',
        description: 'Another address or user needs the password again.',
        params: Name,
        body: VoiceAccountChange,
        response: { 200: Nothing, ...refusals },
      },
    },
    async (request) => {
      await changeVoiceAccount(contextOf(request), { name: request.params.name, change: request.body });
      return null;
    },
  );
  for (const [verb, act, summary] of [
    ['stop', stopVoiceAccount, 'Make no new calls by this account; those that are on go on'],
    ['resume', resumeVoiceAccount, 'Let a stopped account call again'],
  ] as const)
    app.post(
      `/voice-accounts/:name/${verb}`,
      {
        config: { needs: 'voice:write' },
        schema: { tags, summary, params: Name, response: { 200: Nothing, ...refusals } },
      },
      async (request) => {
        await act(contextOf(request), { name: request.params.name });
        return null;
      },
    );
  app.post(
    '/voice-accounts/:name/check',
    {
      config: { needs: 'voice:write' },
      schema: {
        tags,
        summary: 'Ask the PBX what calls need of it',
        description: 'Dials nobody. A refusal names what is to be mended.',
        params: Name,
        response: { 200: Check, ...refusals },
      },
    },
    async (request) => checkVoiceAccount(contextOf(request), request.params.name),
  );
}

import { setOptOutSetting, showOptOutSetting } from './opt-out-effect.command.ts';
import { mostSecondNoDays, repliesMaySilence } from './opt-out-effect.rule.ts';
import { z } from 'zod';
import { contactChannels } from '../kernel/reach.rule.ts';
import { refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Shown = z.object({
  channels: z.array(z.enum(contactChannels)).readonly(),
  purposes: z.array(z.enum(repliesMaySilence)).readonly(),
  secondNoDays: z.int(),
});
const Wanted = z.object({
  channels: z.array(z.enum(contactChannels)).describe('sms is always among them, named or not.'),
  purposes: z.array(z.enum(repliesMaySilence)).describe('marketing is always among them, named or not.'),
  secondNoDays: z
    .int()
    .min(1)
    .max(mostSecondNoDays)
    .describe('A no to a notice is the second one when the first is no older.'),
});
const tags = ['contact policy'];

export function optOutSettingRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/opt-out-effect',
    {
      config: { needs: 'self:read' },
      schema: { tags, summary: 'What an opt-out by reply silences', response: { 200: Shown, ...refusals } },
    },
    (request) => showOptOutSetting(contextOf(request)),
  );
  app.post(
    '/opt-out-effect',
    {
      config: { needs: 'setting:write' },
      schema: {
        tags,
        summary: 'Change what an opt-out by reply silences; in force for the next reply',
        body: Wanted,
        response: { 200: Shown, ...refusals },
      },
    },
    (request) => setOptOutSetting(contextOf(request), request.body),
  );
}

import { ContactPolicyInput, setContactPolicy, showContactPolicy } from './contact-policy.command.ts';
import { refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const tags = ['contact policy'];

export function contactPolicyRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/contact-policy',
    {
      config: { needs: 'self:read' },
      schema: {
        tags,
        summary: 'How often one person may be contacted, and when, by purpose and channel',
        response: { 200: ContactPolicyInput, ...refusals },
      },
    },
    (request) => showContactPolicy(contextOf(request)),
  );
  app.post(
    '/contact-policy',
    {
      config: { needs: 'setting:write' },
      schema: {
        tags,
        summary: 'Change caps and hours, given whole; in force from the next claim on',
        body: ContactPolicyInput,
        response: { 200: ContactPolicyInput, ...refusals },
      },
    },
    (request) => setContactPolicy(contextOf(request), request.body),
  );
}

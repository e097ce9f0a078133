import { z } from 'zod';
import { rightsOf, roles } from '../kernel/permission.rule.ts';
import { refusals, type Api, type RouteDeps } from '../kit/http/api.ts';

const Me = z.object({
  id: z.uuid(),
  name: z.string(),
  unit: z.string(),
  roles: z.array(z.enum(roles)),
  grants: z.array(z.object({ role: z.enum(roles), unit: z.string(), onBehalfOf: z.uuid().optional() })),
  permissions: z.array(z.string()),
});

export function meRoutes(app: Api, { contextOf }: RouteDeps): void {
  app.get(
    '/me',
    {
      config: { needs: 'self:read' },
      schema: { tags: ['me'], summary: 'Who you are and what you may do', response: { 200: Me, ...refusals } },
    },
    (request) => {
      const { id, name, unit, roles: held, grants } = contextOf(request).staff;
      return {
        id,
        name,
        unit,
        roles: [...held],
        grants: [...grants],
        permissions: [...rightsOf(grants)].toSorted(),
      };
    },
  );
}

import type { FastifyInstance, FastifySchema } from 'fastify';
import { z } from 'zod';
import { refusals } from './api.ts';

/**
 * What holds for every route of the API, so that no route can forget it: it may refuse with a problem document, and a body has
 * no fields that it does not know, since one that is misspelt would be ignored in silence.
 */
export function describeRefusals(api: FastifyInstance): void {
  api.addHook('onRoute', (route) => {
    const schema = (route.schema ?? {}) as FastifySchema & { response?: object };
    route.schema = {
      ...schema,
      ...(schema.body instanceof z.ZodObject && { body: schema.body.strict() }),
      response: { ...schema.response, ...refusals },
    };
  });
}

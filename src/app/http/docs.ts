import swagger from '@fastify/swagger';
import apiReference from '@scalar/fastify-api-reference';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Api } from '../../kit/http/api.ts';

const description = `Everything that Waihu does, for programs. Send an API key as \`authorization: Bearer whk_…\`.

Each POST takes an \`Idempotency-Key\`: the same request again gets the first answer. Refusals are problem documents (RFC 9457) whose \`code\` is stable.`;

// The page runs one script, which evaluates text. So it stands apart: sandboxed, it has an origin of its own, no cookies, no
// storage and no way to the console of the same address; and nothing may come from elsewhere.
const ownSourcesOnly = [
  'sandbox allow-scripts',
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join('; ');

// Its renderer keeps things in the browser's storage, which a sandboxed page has not.
const storage = '/assets/api-docs.js';

/** OpenAPI 3.1 at /api/openapi.json. Before the routes: it learns of them as they are added. */
export async function describeApi(app: Api): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Waihu', version: '1', description },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: whk_…' } } },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

/** The description itself and pages to read it, for everybody: it holds nothing of the house. */
export async function serveDocs(app: Api): Promise<void> {
  app.get('/api/openapi.json', { config: { needs: 'nobody-signed-in' }, schema: { hide: true } }, (_, reply) => {
    // The page that reads it has no origin to be allowed by name.
    void reply.header('access-control-allow-origin', '*');
    return app.swagger();
  });
  await app.register(async (pages) => {
    pages.addHook('onRoute', (route) => {
      route.config = { ...route.config, needs: 'nobody-signed-in' };
    });
    pages.addHook('onSend', async (_, reply, payload) => {
      void reply.header('content-security-policy', ownSourcesOnly);
      // The renderer itself is text too, and speaks of heads.
      return typeof payload === 'string' && payload.startsWith('<!')
        ? payload.replace('<head>', `<head><script src="${storage}"></script>`)
        : payload;
    });
    await pages.register(apiReference, {
      routePrefix: '/api/docs',
      configuration: {
        url: '/api/openapi.json',
        pageTitle: 'Waihu API',
        withDefaultFonts: false,
        hideClientButton: true,
        telemetry: false,
      },
    });
  });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Params } from '../../kernel/translate.ts';

const name = 'waihu-flash';
const Flash = z.object({
  key: z.string().max(100),
  params: z.record(z.string(), z.union([z.string().max(300), z.number()])),
});

/** One sentence for the next page, in a cookie: a redirect forgets everything else. */
export function setFlash(reply: FastifyReply, key: string, params: Params): void {
  const value = Buffer.from(JSON.stringify({ key, params })).toString('base64url');
  void reply.setCookie(name, value, { path: '/', httpOnly: true, sameSite: 'lax', maxAge: 60 });
}

export function takeFlash(request: FastifyRequest, reply: FastifyReply): z.infer<typeof Flash> | null {
  const value = request.cookies[name];
  if (!value) return null;
  void reply.clearCookie(name, { path: '/' });
  try {
    return Flash.parse(JSON.parse(Buffer.from(value, 'base64url').toString()));
  } catch {
    // Somebody else's cookie, or a cut one: there is nothing to say then.
    return null;
  }
}

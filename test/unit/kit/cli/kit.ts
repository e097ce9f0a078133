import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll } from 'vitest';
import { runCli } from '../../../../src/app/cli/main.ts';

export type Asked = { method: string; path: string; headers: IncomingMessage['headers']; body: string };
export type Answered = { exit: number; stdout: string; stderr: string };

/** Runs one command line away from any terminal. */
export async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = '/'): Promise<Answered> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = [stdout, stderr].map(async (stream) => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  });
  const exit = await runCli(args, { env, cwd, stdout, stderr, stdin: new PassThrough() });
  stdout.end();
  stderr.end();
  const [out = '', err = ''] = await Promise.all(texts);
  return { exit, stdout: out, stderr: err };
}

/** A server that answers as told and remembers what it was asked. */
export async function stubServer(answer: (asked: Asked) => { status: number; body: unknown } | 'hang-up') {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      const reply = answer(one);
      if (reply === 'hang-up') {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status, {
        'content-type': reply.status < 400 ? 'application/json' : 'application/problem+json',
      });
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, env: { WAIHU_URL: url, WAIHU_API_KEY: 'whk_test' } };
}

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ApiAnswer } from './codes.ts';

/** How an answer reaches the client, if it does. */
export type Manner = 'normal' | 'timeout' | 'reset' | 'html-502' | 'empty-200';

const HTML_502 =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';

/** Puts an answer on the wire in the given manner. A client that has gone away is no error. */
export function writeAnswer(response: ServerResponse, answer: ApiAnswer, manner: Manner, timeoutHoldMs: number) {
  if (response.destroyed) return;
  switch (manner) {
    case 'normal':
      return writeJson(response, answer);
    case 'timeout': {
      const timer = setTimeout(() => response.socket?.destroy(), timeoutHoldMs);
      response.on('close', () => clearTimeout(timer));
      return;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'html-502':
      response.writeHead(502, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(HTML_502) });
      response.end(HTML_502);
      return;
    case 'empty-200':
      response.writeHead(200, { 'content-length': 0 });
      response.end();
  }
}

function writeJson(response: ServerResponse, { status, code, message, fields, retryAfter }: ApiAnswer) {
  const RequestId = randomUUID().toUpperCase();
  const gateway = status >= 400 ? { HostId: 'dysmsapi.sandbox.invalid' } : {};
  const body = JSON.stringify({ ...fields, Code: code, Message: message, RequestId, ...gateway });
  response.writeHead(status, {
    'content-type': 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-acs-request-id': RequestId,
    ...(retryAfter !== undefined && { 'x-acs-retry-after': String(retryAfter) }),
  });
  response.end(body);
}

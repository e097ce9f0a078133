import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

export type Call = { method: 'POST'; path: string; headers: string[]; body: string | null };
export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

/**
 * One call and its whole answer within `timeoutMs`, never repeated: the pool does not pipeline, and a POST whose connection broke
 * is not sent again. Throws faults as the SDK does (name `RequestTimeoutError`, code `ECONNRESET`, `ECONNREFUSED`, …), without
 * the URL, which holds the number and the variables.
 */
export function exchange(pool: Dispatcher, call: Call, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    let pieces: Buffer[] = [];
    let running: Dispatcher.DispatchController | undefined;
    // A timer of its own: undici's are exact to a second only, and the body's begins anew with each piece.
    let late: Error | undefined;
    const timer = setTimeout(() => {
      late = named('RequestTimeoutError', `No answer within ${timeoutMs} ms.`);
      running?.abort(late);
      reject(late);
    }, timeoutMs);
    pool.dispatch(call, {
      onRequestStart(controller) {
        running = controller;
        // The time went by while the connection was being made: this call must not leave any more.
        if (late) controller.abort(late);
      },
      onResponseStart(_controller, code, received) {
        status = code;
        headers = received;
        pieces = [];
      },
      onResponseData(_controller, piece) {
        pieces.push(piece);
      },
      onResponseEnd() {
        clearTimeout(timer);
        const [only] = pieces;
        resolve({
          status,
          headers,
          text: (pieces.length === 1 && only ? only : Buffer.concat(pieces)).toString('utf8'),
        });
      },
      onResponseError(_controller, error) {
        clearTimeout(timer);
        reject(faultOf(error));
      },
    });
  });
}

const CUT = new Set(['UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

function faultOf(error: Error & { code?: string }): Error {
  if (error.name === 'RequestTimeoutError') return error;
  if (error.code === 'UND_ERR_CONNECT_TIMEOUT') return named('RequestTimeoutError', 'No connection in time.');
  const code = error.code !== undefined && CUT.has(error.code) ? 'ECONNRESET' : error.code;
  return Object.assign(named('Error', 'The call failed.'), { code });
}

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

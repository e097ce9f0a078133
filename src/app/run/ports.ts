import { createServer } from 'node:net';
import { AppError } from '../../kernel/app-error.rule.ts';

/** Whether nobody listens on this port. Port 0 is always free. */
export const isPortFree = async (port: number, host = '127.0.0.1') => (await tryPort(port, host)) !== null;

/** A port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const port = await tryPort(0, host);
  if (port === null) throw new AppError('unavailable', 'run.no-port', `No free port is left on ${host}.`);
  return port;
}

/**
 * A port the user asked for must be free; one we chose earlier is kept while it is free, so that bookmarks live;
 * else a new one. Throws `run.port-in-use`.
 */
export async function choosePort(
  variable: string,
  wanted: number,
  remembered: number | undefined,
  host = '127.0.0.1',
): Promise<number> {
  if (wanted !== 0) {
    if (await isPortFree(wanted, host)) return wanted;
    throw portInUse(variable, wanted, host);
  }
  return remembered !== undefined && (await isPortFree(remembered, host)) ? remembered : freePort(host);
}

export const portInUse = (variable: string, port: number, host = '127.0.0.1') =>
  new AppError(
    'conflict',
    'run.port-in-use',
    `Port ${port} on ${host} is in use by another program; stop that program or set ${variable} to another port (0 takes a free one).`,
    { variable, port },
  );

function tryPort(port: number, host: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(listenFault(error, port, host));
    });
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
    });
  });
}

function listenFault(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EACCES')
    return new AppError(
      'denied',
      'run.port-denied',
      `This user may not listen on port ${port}; choose one above 1023.`,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new AppError('invalid', 'run.host-unknown', `${host} is not an address of this machine; set WAIHU_HOST.`);
  return error;
}

import { createServer } from 'node:net';
import { AppError } from '../../kernel/app-error.rule.ts';

// As many worker processes as a large machine has cores, each with a port of its own.
const most = 64;

/** `host:port` of the first port from `port` on that is free. Throws `config.invalid` when none is, or the host is not ours. */
export async function freeAddress({ host, port }: { host: string; port: number }): Promise<string> {
  let fault: NodeJS.ErrnoException | null = null;
  for (let offset = 0; offset < most && port + offset <= 65_535; offset += 1) {
    fault = await faultOf(host, port + offset);
    if (fault === null) return `${host}:${port + offset}`;
    if (fault.code !== 'EADDRINUSE') break;
  }
  const reason = `WAIHU_WORKER_METRICS: ${host}:${port} cannot be listened on (${fault?.code ?? 'no port'})`;
  throw new AppError('invalid', 'run.port-in-use', `Fix the configuration:\n  ${reason}`, { faults: [reason] });
}

const faultOf = (host: string, port: number): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(error));
    server.listen(port, host.replace(/^\[|\]$/g, ''), () => server.close(() => resolve(null)));
  });

import { createServer } from 'node:net';
import { exitWithParent } from '../../../../../src/app/run/parent.ts';

exitWithParent();
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const server = createServer((socket) => socket.end()).listen(port, '127.0.0.1');
process.on('SIGTERM', () => server.close());

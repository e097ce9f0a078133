import { createServer } from 'node:http';
import { exitWithParent } from '../../../../../src/app/run/parent.ts';

exitWithParent();
const server = createServer((request, response) => {
  response.statusCode = request.url === '/readyz' ? 200 : 404;
  response.end();
});
server.listen(Number(process.env['WAIHU_PORT']), process.env['WAIHU_HOST']);
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

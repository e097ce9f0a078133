import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitWithParent, tellParentReady } from '../../../../../src/app/run/parent.ts';

exitWithParent();
const timer = setInterval(() => undefined, 1000);
process.on('SIGTERM', () => {
  // The database must still be there while the worker finishes.
  appendFileSync(join(process.env['WAIHU_DATA'] ?? '', 'drained'), `${process.env['DATABASE_URL']}\n`);
  clearInterval(timer);
});
tellParentReady();

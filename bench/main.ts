import { offerSubjects } from '../src/app/subjects.ts';
import { benchArchive } from './archive.ts';
import { benchImport } from './import.ts';
import { benchMany } from './many.ts';
import { benchNextCall } from './next-call.ts';
import { benchPacing } from './pacing.ts';
import { benchPages } from './pages.ts';
import { benchRecovery } from './recovery.ts';
import { benchSend } from './send.ts';
import { benchWire } from './wire.ts';

const benches: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  archive: benchArchive,
  send: benchSend,
  many: benchMany,
  'next-call': benchNextCall,
  pacing: benchPacing,
  pages: benchPages,
  recovery: benchRecovery,
  wire: benchWire,
  import: benchImport,
};

offerSubjects();
const [name = '', ...args] = process.argv.slice(2);
const bench = benches[name];
if (!bench) {
  console.error(`Usage: npm run bench -- NAME [options], where NAME is one of: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
await bench(args);
process.exit(0);

import { statSync } from 'node:fs';
import { withFile } from '../src/form/archive/file-source.ts';
import { verifyArchiveIn } from '../src/form/archive/verify.rule.ts';
import { peakMb } from './usage.ts';

const [file = ''] = process.argv.slice(2);
const startedAt = performance.now();
const { ok, checks } = await withFile(file, (source) => verifyArchiveIn(source));
for (const check of checks) if (!check.ok) console.error(check.en, check.at);
process.send?.({
  ok: ok ? 1 : 0,
  seconds: (performance.now() - startedAt) / 1_000,
  peakMb: peakMb(process.pid),
  bytes: statSync(file).size,
});
process.disconnect?.();
process.exit(0);

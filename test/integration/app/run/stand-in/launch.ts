import { readConfig } from '../../../../../src/app/config.ts';
import { AppError } from '../../../../../src/kernel/app-error.rule.ts';
import { up } from '../../../../../src/app/run/up.ts';

const here = (name: string) => new URL(name, import.meta.url).pathname;

try {
  const { done } = await up(readConfig(process.env), {
    entries: {
      api: here('api.ts'),
      worker: here('worker.ts'),
      sandbox: here('sandbox.ts'),
      migrations: here('migrations'),
    },
  });
  await done;
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  process.stderr.write(`${error.code} ${error.message}\n`);
  process.exitCode = 1;
}

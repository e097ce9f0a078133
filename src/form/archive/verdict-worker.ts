import { parentPort, workerData } from 'node:worker_threads';
import { withFile } from './file-source.ts';
import { verifyArchiveIn, type VerifyOptions } from './verify.rule.ts';

const { file, options } = workerData as { file: string; options: VerifyOptions };
parentPort?.postMessage(await withFile(file, (source) => verifyArchiveIn(source, options)), []);

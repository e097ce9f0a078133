import { parentPort, workerData } from 'node:worker_threads';
import { verifyArchive, type VerifyOptions } from './verify.rule.ts';

const { body, options } = workerData as { body: Uint8Array; options: VerifyOptions };
parentPort?.postMessage(await verifyArchive(body, options), []);

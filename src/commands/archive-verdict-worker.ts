import { parentPort, workerData } from 'node:worker_threads';
import { verifyArchive } from '../signing/archive-verify.ts';

parentPort?.postMessage(await verifyArchive(workerData as Uint8Array), []);

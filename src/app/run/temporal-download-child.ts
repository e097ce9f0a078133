// Run by temporal-download.ts: starting a throw-away server is the SDK's only way to download one.
import { TestWorkflowEnvironment } from '@temporalio/testing';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new Error('Give the folder to download into.');
process.once('disconnect', () => process.exit(1));
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir } },
});
await environment.teardown();
process.exit(0);

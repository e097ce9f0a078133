#!/usr/bin/env node
// Plain JavaScript that old Node understands: everything else needs the Node 24 that npm installed next to us.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const WANTED = 24;

if (Number(process.versions.node.split('.')[0]) === WANTED) {
  const { main } = await import('../src/app/cli/main.ts');
  stopWithNpm(() => process.kill(process.pid, 'SIGTERM'));
  await main(process.argv);
} else {
  runPinned();
}

function runPinned() {
  const exe = process.platform === 'win32' ? 'node.exe' : 'node';
  const node = fileURLToPath(new URL(`../node_modules/node/bin/${exe}`, import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `Waihu runs on Node ${WANTED}; this is ${process.versions.node}, and ${node} is missing. Run "npm ci" in the project's folder first, with install scripts allowed.\n`,
    );
    process.exit(78);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    // The channel tells the child when this process is killed without a chance to pass anything on.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    process.stderr.write(`Node ${WANTED} could not be started (${error.message}). Run "npm ci" again.\n`);
    process.exit(78);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** A signal to npm ends npm and its shell, which tells nobody: being handed to another parent is the only sign. */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined || process.send !== undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}

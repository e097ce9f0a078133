/** Exit code of a child whose configuration is wrong: restarting it would not help, so the launcher stops everything. */
export const CONFIGURATION_EXIT = 78;

/**
 * For the entries (API, worker, sandbox): ends this process when the launcher is gone, however it went.
 * `stop` may finish work in hand; a stop that hangs is cut off. Does nothing when there is no launcher.
 */
export function exitWithParent(stop: () => Promise<void> | void = () => undefined, graceSeconds = 10): void {
  if (process.send === undefined) return;
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), graceSeconds * 1000).unref();
    Promise.resolve()
      .then(stop)
      .finally(() => process.exit(0))
      .catch(() => process.exit(1));
  });
  // Listening refs the channel, and an entry that has closed everything after SIGTERM should simply end.
  process.channel?.unref();
}

/** Tells the launcher that this process does its work now. Does nothing when there is no launcher. */
export function tellParentReady(): void {
  process.send?.({ ready: true });
}

import { defineConfig } from 'vitest/config';

// Forks, not threads: Temporal's native bridge crashes in worker threads. Two cores: two files at once.
const shared = { pool: 'forks' as const, testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './test/kit/closing-line.ts'],
    env: { TZ: 'UTC' },
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/kit/global-setup.ts'],
        },
      },
    ],
  },
});

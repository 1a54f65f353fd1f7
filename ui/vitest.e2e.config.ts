import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    fileParallelism: false,
    // What depends on the moment is a mistake and shows here; there it would only cost another run.
    retry: process.env.CI ? 1 : 0,
  },
});

import { fileURLToPath } from 'node:url'
import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

/** Settings every package's vitest.config.ts merges: siblings run from source, so coverage counts src. */
export const shared = defineConfig({
  resolve: {
    alias: [
      {
        find: /^fast-check$/,
        replacement: fileURLToPath(new URL('seeded_fast_check.js', import.meta.url)),
      },
    ],
  },
  ssr: { resolve: { conditions: ['@net/source', ...defaultServerConditions] } },
  test: {
    include: ['test/**/*.test.ts'],
    // For packages that are still empty; tools/release checks that one with code has tests.
    passWithNoTests: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A wait for something to happen is no test of how soon it does.
    expect: { poll: { timeout: 30_000 } },
  },
})

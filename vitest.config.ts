import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['{packages/*,tools/*,examples}/vitest.config.ts'],
    coverage: { provider: 'v8', include: ['packages/*/src/**'] },
  },
})

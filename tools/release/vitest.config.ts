import { mergeConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

// Some of these tests compile or run all the code there is, which takes a busy machine minutes.
export default mergeConfig(shared, { test: { testTimeout: 300_000 } })

import { mergeConfig } from 'vitest/config'
import { shared } from '../vitest.shared.ts'

// Each example is a program or several, with what they talk to: a busy machine takes a minute to start them all.
export default mergeConfig(shared, { test: { testTimeout: 180_000 } })

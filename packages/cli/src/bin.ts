#!/usr/bin/env node
import { netx } from '@net/cli'

const { stdin: input, stdout: output, stderr: messages } = process
process.exitCode = await netx(process.argv.slice(2), { input, output, messages })
input.destroy()

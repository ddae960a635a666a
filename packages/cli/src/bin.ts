#!/usr/bin/env node
import { netx } from '@net/cli'

const { stdin: input, stdout: output, stderr: messages } = process
// A reader that has gone can show after the command is over, when nobody else hears of it.
for (const stream of [output, messages]) stream.on('error', () => {})
process.exitCode = await netx(process.argv.slice(2), { input, output, messages })
input.destroy()

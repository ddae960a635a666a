#!/usr/bin/env node
import { netx } from '@net/cli'

const { stdin: input, stdout: output, stderr: messages } = process
// A write to a reader that has gone may fail when the command is over already and listens no more.
for (const stream of [output, messages]) stream.on('error', () => {})
process.exitCode = await netx(process.argv.slice(2), { input, output, messages })
input.destroy()

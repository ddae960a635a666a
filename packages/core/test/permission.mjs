// Run by bad_input.test.ts: does what a user without privileges may not, and prints the errors.
import { readFileSync } from 'node:fs'
import { dial, listen } from '@net/core'

const [shut, dir] = process.argv.slice(2)
const NOBODY = 65534

// What is loaded on first use must be readable still.
await (await listen('tcp', '127.0.0.1:0')).close()
if (process.getuid?.() === 0) {
  process.setgroups?.([])
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
}
const unprivileged = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
if (unprivileged <= 1) throw new Error('every user may listen on every port here')

const errors = []
for (const attempt of [
  () => listen('tcp', '127.0.0.1:1'),
  () => dial('unix', String(shut)),
  () => listen('unix', `${dir}/mine`),
]) {
  try {
    await attempt()
  } catch (e) {
    const { message, code, errno, syscall, timeout } = /** @type {import('@net/core').OpError} */ (e)
    errors.push({ message, code, errno, syscall, timeout })
  }
}
process.stdout.write(JSON.stringify(errors))

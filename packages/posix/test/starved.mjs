// The server of starvation.test.ts: holds what it accepts until it is told to serve, then echoes one byte on each.
import { createInterface } from 'node:readline'
import { parseIP, TCPAddr } from '@net/addr'
import { listenTCPSync } from '@net/posix'

const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
let held = 0
let serve
const serving = new Promise((resolve) => (serve = resolve))

async function handle(c) {
  await serving
  const p = new Uint8Array(1)
  await c.read(p)
  await c.write(p)
  await c.close()
}

async function accept() {
  for await (const c of listener) {
    held++
    void handle(c)
  }
}

void accept()
for await (const line of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage()
  if (line === 'serve') serve()
  else console.log({ port: listener.addr.port, held, cpu: (user + system) / 1000 }[line])
}
await listener.close()

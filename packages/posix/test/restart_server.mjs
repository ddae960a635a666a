// A server of activation.test.ts that hands its listener to its successor, without turning a connection away.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseIP, TCPAddr, UnixAddr } from '@net/addr'
import {
  handOver,
  listenersFromEnvironment,
  listenTCPSync,
  listenUnixgramSync,
  newFile,
  parseUnixRights,
  posix,
  unixRights,
} from '@net/posix'

const target = posix()
const script = fileURLToPath(import.meta.url)
const { NOTIFY_SOCKET, SUCCEED } = process.env
delete process.env.NOTIFY_SOCKET
delete process.env.SUCCEED

async function open() {
  const [inherited] = (await listenersFromEnvironment()).get('echo') ?? []
  if (inherited !== undefined) return inherited
  if (SUCCEED === undefined) return listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const c = await target.dialUnix('unix', null, new UnixAddr(SUCCEED, 'unix'))
  const oob = new Uint8Array(64)
  const { oobn } = await c.readMsgUnix(new Uint8Array(16), oob)
  await c.close()
  const file = newFile(parseUnixRights(oob.subarray(0, oobn))[0])
  const taken = await target.fileListener(file)
  await file.close()
  return taken
}

const listener = await open()
const serving = new Set()

async function serve(c) {
  const p = new Uint8Array(64)
  const n = await c.read(p)
  await c.write(new TextEncoder().encode(`${process.pid} `))
  await c.write(p.subarray(0, n ?? 0))
  await c.close()
}

async function run() {
  for await (const c of listener) {
    const served = serve(c)
    serving.add(served)
    void served.finally(() => serving.delete(served))
  }
}
const done = run()

async function retire() {
  await listener.close()
  await done
  await Promise.all(serving)
  process.exit()
}

// By inherited descriptors, and ready when the successor says so.
process.on('SIGUSR2', async () => {
  const notify = listenUnixgramSync('unixgram', new UnixAddr('', 'unixgram'))
  const { command, args, options, close } = await handOver({ echo: listener }, process.execPath, [script])
  options.env.NOTIFY_SOCKET = notify.addr.name
  spawn(command, args, options)
  await close()
  await notify.receive()
  await notify.close()
  await retire()
})

// By a Unix socket.
process.on('SIGUSR1', async () => {
  const hand = await target.listenUnix('unix', new UnixAddr('', 'unix'))
  const env = { ...process.env, SUCCEED: hand.addr.name }
  spawn(process.execPath, [script], { stdio: 'inherit', env })
  const c = await hand.accept()
  const file = await listener.file()
  await c.writeMsgUnix(new TextEncoder().encode('echo'), unixRights(file.fd), null)
  await file.close()
  await c.read(new Uint8Array(1)) // the successor has it, and closes
  await Promise.all([c.close(), hand.close()])
  await retire()
})

process.on('SIGTERM', retire)

if (NOTIFY_SOCKET !== undefined) {
  const c = await target.dialUnix('unixgram', null, new UnixAddr(NOTIFY_SOCKET, 'unixgram'))
  await c.write(new TextEncoder().encode('READY=1'))
  await c.close()
}
console.log(`${process.pid} ${listener.addr.port} ${process.env.LISTEN_FDS ?? 'none'}`)

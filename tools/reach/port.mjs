// Measures the foreign function interface that the package posix has on the runtime that runs this, and TCP over the kernel's
// sockets, the hosted ones and the runtime's own, in CPU time. Prints one line of JSON: microseconds of CPU for an operation.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import process from 'node:process'

/**
 * @typedef {import('node:net').Socket} Socket
 * @typedef {{ write(p: Uint8Array): Promise<number>, read(p: Uint8Array): Promise<number | null>, close(): unknown }} End
 * @typedef {{ connect(options: object): Promise<End>, listen(options: object): { addr: { port: number }, accept(): Promise<End>, close(): void } }} DenoNet
 * @typedef {(...args: (number | Uint8Array)[]) => number} CFunction
 * @typedef {{ func(declaration: string): CFunction, watch(fd: number, f: () => void): { ref(): void, unref(): void } }} FFI
 */

const sources = new URL('../../packages/posix/src/', import.meta.url).href
const deno = /** @type {{ Deno?: DenoNet }} */ (globalThis).Deno

/** CPU time of `f`, in microseconds. @param {() => unknown} f */
async function cpuOf(f) {
  const before = process.cpuUsage()
  await f()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** CPU time of one of many calls, after as many that let the engine compile. @param {number} n @param {() => unknown} f */
async function each(n, f) {
  const all = () => {
    for (let i = 0; i < n; i++) f()
  }
  all()
  return (await cpuOf(all)) / n
}

const CALLS = 100_000
const WAKES = 2000
const TRIPS = 2000

/** @type {Record<string, number>} */
const costs = {}

// The package as its users have it, before anything else has loaded a part of it.
/** @type {typeof import('@net/posix') | undefined} */
let imported
costs['import of @net/posix'] = await cpuOf(async () => (imported = await import('@net/posix')))
if (imported === undefined) throw new Error('the package was not imported')
const { hosted, posix } = imported

/** @type {{ loadFFI(): FFI }} */
const { loadFFI } = await import(`${sources}ffi/host.ts`)
/** @type {FFI | undefined} */
let loaded
costs['load'] = await cpuOf(() => {
  loaded = loadFFI()
  loaded.func('int getppid()')()
})
if (loaded === undefined) throw new Error('there is no foreign function interface')
const ffi = loaded

// Calls that the kernel refuses at once, as there is no such descriptor.
const p = new Uint8Array(64)
const addr = new Uint8Array(16)
const abs = ffi.func('int abs(int n)')
const getppid = ffi.func('int getppid()')
const read = ffi.func('intptr_t read(int fd, void *buf, size_t len)')
const sendto = ffi.func(
  'intptr_t sendto(int fd, const void *buf, size_t len, int flags, const void *addr, uint32_t addrlen)',
)
costs['abs, no system call'] = await each(CALLS, () => abs(-1))
costs['getppid'] = await each(CALLS, () => getppid())
costs['read, 3 arguments'] = await each(CALLS, () => read(-1, p, 64))
costs['sendto, 6 arguments'] = await each(CALLS, () => sendto(-1, p, 64, 0, addr, 16))

// Wake-ups, one by one: an eventfd in an epoll that the watch watches.
const EPOLLIN_EPOLLET = 0x80000001
const event = new Uint32Array(4)
event[0] = EPOLLIN_EPOLLET
const eventBytes = new Uint8Array(event.buffer)
const epoll = ffi.func('int epoll_create1(int flags)')(0)
const eventfd = ffi.func('int eventfd(uint32_t count, int flags)')(0, 0)
ffi.func('int epoll_ctl(int epfd, int op, int fd, void *event)')(epoll, 1, eventfd, eventBytes)
const wait = ffi.func('int epoll_wait(int epfd, void *events, int maxevents, int timeout)')
const write = ffi.func('intptr_t write(int fd, const void *buf, size_t len)')
const one = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)
/** @type {() => void} */
let woken = () => {
  throw new Error('nothing has happened yet')
}
const watch = ffi.watch(epoll, () => {
  if (wait(epoll, eventBytes, 1, 0) > 0) woken()
})
watch.ref()
const wakeUp = async () => {
  const done = new Promise((resolve) => (woken = () => resolve(null)))
  // The runtime goes to sleep before there is something to wake it.
  await new Promise((resolve) => setImmediate(resolve))
  write(eventfd, one, 8)
  await done
}
const wakeUps = async () => {
  for (let i = 0; i < WAKES; i++) await wakeUp()
}
await wakeUps()
costs['wake-up'] = (await cpuOf(wakeUps)) / WAKES
watch.unref()

/** CPU time of a round trip of 64 bytes, both ends being in this process. @param {() => Promise<[End, End, { close(): unknown }]>} pair */
async function roundTrip(pair) {
  const [a, b, listener] = await pair()
  const far = new Uint8Array(64)
  const trips = async () => {
    for (let i = 0; i < TRIPS; i++) {
      const asked = b.read(far).then(() => b.write(far))
      await a.write(p)
      await a.read(p)
      await asked
    }
  }
  await trips()
  const cost = (await cpuOf(trips)) / TRIPS
  await Promise.all([a.close(), b.close(), listener.close()])
  return cost
}

const { parseIP, TCPAddr } = await import('@net/addr')

/** @param {import('@net/contract').Target} target @returns {Promise<[End, End, { close(): unknown }]>} */
async function pairOf(target) {
  const listener = await target.listenTCP('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
  const [a, b] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
  return [a, b, listener]
}

/** An end that reads once for each 'data' of a stream. @param {Socket} socket @returns {End} */
function endOf(socket) {
  return {
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve(bytes.byteLength))),
    read: async () => (await once(socket, 'data')).length,
    close: () => socket.destroy(),
  }
}

/** @returns {Promise<[End, End, { close(): unknown }]>} */
async function ownPair() {
  if (deno !== undefined) {
    const listener = deno.listen({ hostname: '127.0.0.1', port: 0 })
    const dialled = deno.connect({ hostname: '127.0.0.1', port: listener.addr.port })
    return [...(await Promise.all([dialled, listener.accept()])), listener]
  }
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const [a, [b]] = await Promise.all([
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => resolve(socket))
    }),
    once(server, 'connection'),
  ])
  return [endOf(a), endOf(b), server]
}

costs['round trip, kernel'] = await roundTrip(() => pairOf(posix()))
costs['round trip, kernel, spin off'] = await roundTrip(() => pairOf(posix({ spin: 'off' })))
costs['round trip, hosted'] = await roundTrip(() => pairOf(hosted()))
costs["round trip, the runtime's own"] = await roundTrip(ownPair)
console.log(JSON.stringify(costs))
process.exit()

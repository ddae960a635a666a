// What single calls and turns cost: `cost NAME` answers each command, how many of them, with the processor time of one.
import { play } from '../peers/role.mjs'
import * as libc from './libc.mjs'

const { AF_INET, MSG_DONTWAIT, SOCK_DGRAM, SOCK_STREAM, close, connect, loopback, must, recv, send, socket } =
  libc
const MESSAGE = 64 // bytes

function bound(type) {
  const fd = must(socket(AF_INET, type, 0), 'socket')
  must(libc.bind(fd, loopback(0), 16), 'bind')
  return { fd, addr: loopback(libc.portOf(fd)) }
}

/** A stream over loopback, both ends here. */
function stream() {
  const { fd: listener, addr } = bound(SOCK_STREAM)
  must(libc.listen(listener, 1), 'listen')
  const near = must(socket(AF_INET, SOCK_STREAM, 0), 'socket')
  libc.noDelay(near)
  must(connect(near, addr, 16), 'connect')
  return { near, far: must(libc.accept4(listener, null, null, 0), 'accept4') }
}

/** What is done, by its name: each gives a function that does it once, and whether that gives a promise. */
const costs = {
  call: () => () => libc.abs(-1),
  getppid: () => () => libc.getppid(),
  epoll: () => {
    const epoll = new libc.Epoll()
    return () => epoll.wait(0, () => {})
  },
  empty: () => {
    const { far } = stream()
    const p = new Uint8Array(MESSAGE)
    return () => recv(far, p, MESSAGE, MSG_DONTWAIT)
  },
  tcp: () => {
    const { near, far } = stream()
    const p = new Uint8Array(MESSAGE)
    return () => send(near, p, MESSAGE, 0) + recv(far, p, MESSAGE, 0)
  },
  udp: () => {
    const { fd, addr } = bound(SOCK_DGRAM)
    must(connect(fd, addr, 16), 'connect')
    const p = new Uint8Array(MESSAGE)
    return () => send(fd, p, MESSAGE, 0) + recv(fd, p, MESSAGE, 0)
  },
  option: () => {
    const { near } = stream()
    return () => libc.noDelay(near)
  },
  socket: () => () => close(socket(AF_INET, SOCK_DGRAM, 0)),
  query: () => {
    const { addr } = bound(SOCK_DGRAM)
    return () => {
      const fd = socket(AF_INET, SOCK_DGRAM, 0)
      connect(fd, addr, 16)
      close(fd)
    }
  },
  dial: () => {
    const { fd: listener, addr } = bound(SOCK_STREAM)
    must(libc.listen(listener, 1), 'listen')
    return () => {
      const fd = socket(AF_INET, SOCK_STREAM, 0)
      connect(fd, addr, 16)
      close(libc.accept4(listener, null, null, 0))
      close(fd)
    }
  },
  now: () => () => performance.now(),
  promise: () => async () => {
    await new Promise((resolve) => resolve(1))
  },
  immediate: () => () => new Promise((resolve) => setImmediate(resolve)),
}

async function cost(name) {
  const once = costs[name]()
  const isAsync = ['promise', 'immediate'].includes(name)
  const command = async (count) => {
    const before = process.cpuUsage()
    if (isAsync) for (let i = 0; i < count; i++) await once()
    else for (let i = 0; i < count; i++) once()
    const { user, system } = process.cpuUsage(before)
    return { ns: ((user + system) * 1000) / count }
  }
  await command(5000)
  return { command }
}

await play({ cost })

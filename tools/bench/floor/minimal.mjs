// The roles by system calls alone: koffi and epoll, without promises, connections, deadlines, addresses or errors. It is what no
// library over koffi can go below. FLOOR_LOOP: Node's event loop waits for the events, as a library has to let it; without it
// the program waits in epoll_wait itself.
import { randomBytes } from 'node:crypto'
import { play } from '../peers/role.mjs'
import * as libc from './libc.mjs'

const { AF_INET, AF_UNIX, EPOLLET, EPOLLIN, EPOLLOUT, Epoll } = libc
const { MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } = libc
const { accept4, bind, close, connect, listen, loopback, must, noDelay, recv, send, socket } = libc
const MESSAGE = 64 // bytes
const BACKLOG = 4096
const BUFFER = 4 << 20 // bytes asked for the receive buffer; the system may give less
const AT_ONCE = 256 // datagrams that are taken before the event loop has its turn
const inLoop = process.env.FLOOR_LOOP !== undefined
const sizeOfName = Int32Array.of(16)

/** Begins to serve once the driver has heard that the side is ready. */
function serve(epoll, ready) {
  const forever = () => {
    for (;;) epoll.wait(-1, ready)
  }
  if (inLoop) epoll.watch(ready)
  else setImmediate(forever)
}

function listening(family, addr) {
  const fd = must(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), 'socket')
  must(bind(fd, addr, addr.byteLength), 'bind')
  must(listen(fd, BACKLOG), 'listen')
  return fd
}

function echoDatagrams() {
  const fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), 'socket')
  must(bind(fd, loopback(0), 16), 'bind')
  const epoll = new Epoll()
  epoll.add(fd, EPOLLIN)
  const p = new Uint8Array(MESSAGE)
  const name = loopback(0)
  serve(epoll, () => {
    const n = libc.recvfrom(fd, p, MESSAGE, 0, name, sizeOfName)
    if (n >= 0) libc.sendto(fd, p, n, 0, name, 16)
  })
  return { ready: { port: libc.portOf(fd) } }
}

function echo(network, path) {
  if (network === 'udp') return echoDatagrams()
  const isUnix = network === 'unix'
  const listener = isUnix ? listening(AF_UNIX, libc.unixName(path)) : listening(AF_INET, loopback(0))
  const epoll = new Epoll()
  epoll.add(listener, EPOLLIN)
  const p = new Uint8Array(MESSAGE * 16)
  const accept = () => {
    for (let fd; (fd = accept4(listener, null, null, SOCK_NONBLOCK)) >= 0;) {
      if (!isUnix) noDelay(fd)
      epoll.add(fd, EPOLLIN)
    }
  }
  const answer = (fd) => {
    const n = recv(fd, p, p.byteLength, 0)
    if (n > 0) send(fd, p, n, MSG_NOSIGNAL)
    else close(fd)
  }
  serve(epoll, (fd) => (fd === listener ? accept() : answer(fd)))
  return { ready: { port: isUnix ? 0 : libc.portOf(listener) } }
}

function accept() {
  const listener = listening(AF_INET, loopback(0))
  const epoll = new Epoll()
  epoll.add(listener, EPOLLIN)
  serve(epoll, () => {
    for (let fd; (fd = accept4(listener, null, null, SOCK_NONBLOCK)) >= 0;) close(fd)
  })
  return { ready: { port: libc.portOf(listener) } }
}

function write(port, size) {
  const p = new Uint8Array(Number(size))
  const epoll = new Epoll()
  let fd = -1
  let left = 0
  let at = 0
  let ended
  /** Writes until the kernel is full. */
  const pump = () => {
    while (left > 0) {
      const part = at === 0 ? p : p.subarray(at)
      const n = send(fd, part, part.byteLength, MSG_NOSIGNAL | MSG_DONTWAIT)
      if (n < 0) return
      left -= n
      at = (at + n) % p.byteLength
    }
    libc.shutdown(fd, libc.SHUT_WR)
    recv(fd, p, p.byteLength, 0)
    close(fd)
    ended()
  }
  const command = async (bytes) => {
    const start = performance.now()
    fd = must(socket(AF_INET, SOCK_STREAM, 0), 'socket')
    noDelay(fd)
    must(connect(fd, loopback(Number(port)), 16), 'connect')
    left = bytes
    const end = new Promise((resolve) => (ended = resolve))
    epoll.add(fd, (EPOLLOUT | EPOLLET) >>> 0)
    if (inLoop && epoll.watching === null) epoll.watch(pump)
    while (!inLoop && left > 0) epoll.wait(-1, pump)
    await end
    return { ms: performance.now() - start }
  }
  return { command }
}

function count() {
  const fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), 'socket')
  must(bind(fd, loopback(0), 16), 'bind')
  libc.receiveBuffer(fd, BUFFER)
  const epoll = new Epoll()
  epoll.add(fd, EPOLLIN)
  const p = new Uint8Array(MESSAGE)
  let received = 0
  epoll.watch(() => {
    for (let i = 0; i < AT_ONCE && recv(fd, p, MESSAGE, 0) >= 0; i++) received++
  })
  return { ready: { port: libc.portOf(fd) }, command: () => ({ received }) }
}

/**
 * Has `atOnce` of `count` under way: `begin` begins one, and `end` gets a descriptor that is ready and gives how many have ended
 * there. Gives the milliseconds of all.
 */
function several(epoll, count, atOnce, begin, end) {
  const start = performance.now()
  let begun = 0
  let ended = 0
  const ready = (fd) => {
    ended += end(fd)
  }
  while (ended < count) {
    for (; begun < count && begun - ended < atOnce; begun++) begin()
    epoll.wait(-1, ready)
  }
  return { ms: performance.now() - start }
}

function dial(port, atOnce) {
  const addr = loopback(Number(port))
  const epoll = new Epoll()
  const begin = () => {
    const fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), 'socket')
    noDelay(fd)
    connect(fd, addr, addr.byteLength)
    epoll.add(fd, EPOLLOUT)
  }
  const end = (fd) => {
    close(fd)
    return 1
  }
  return { command: (count) => several(epoll, count, Number(atOnce), begin, end) }
}

/** Writes a question for the IPv4 addresses of a name into `p`. Gives its length. */
function writeQuestion(p, name) {
  p.set([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], 2) // recursion desired, one question
  let at = 12
  for (const label of name.split('.')) {
    p[at++] = label.length
    for (let i = 0; i < label.length; i++) p[at++] = label.charCodeAt(i)
  }
  p.set([0, 0, 1, 0, 1], at)
  return at + 5
}

const QUESTIONS = 16 // of a socket where several are under way

function lookup(atOnce) {
  const addr = loopback(53)
  const question = new Uint8Array(512)
  const reply = new Uint8Array(512)
  const random = randomBytes(8192)
  const epoll = new Epoll()
  const missing = new Map() // how many replies each socket has not had
  let names = 0
  let fd = -1
  let left = 0 // questions of the last socket
  const open = () => {
    fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), 'socket')
    must(connect(fd, addr, addr.byteLength), 'connect')
    epoll.add(fd, EPOLLIN)
    left = Number(atOnce) > 1 ? QUESTIONS : 1
    missing.set(fd, left)
  }
  const begin = () => {
    if (left === 0) open()
    left--
    question[0] = random[(2 * names) % random.length]
    question[1] = random[(2 * names + 1) % random.length]
    send(fd, question, writeQuestion(question, `m${names++}.bench.test`), 0)
  }
  const end = (fd) => {
    const wanted = missing.get(fd)
    let still = wanted
    for (let n; still > 0 && (n = recv(fd, reply, reply.byteLength, 0)) >= 0; still--) {
      const address = reply.subarray(n - 4, n) // the one record is at the end
      if (address[0] !== 192) throw new Error('it is not the address of the name server')
    }
    missing.set(fd, still)
    if (still === 0) close(fd)
    return wanted - still
  }
  return { command: (count) => several(epoll, count, Number(atOnce), begin, end) }
}

function sends(port, way) {
  if (way !== 'each') return null
  const fd = must(socket(AF_INET, SOCK_DGRAM, 0), 'socket')
  must(connect(fd, loopback(Number(port)), 16), 'connect')
  const p = new Uint8Array(MESSAGE)
  const command = (ms) => {
    const start = performance.now()
    let sent = 0
    while (performance.now() - start < ms) for (let i = 0; i < 64; i++, sent++) send(fd, p, MESSAGE, 0)
    return { sent, ms: performance.now() - start }
  }
  return { command }
}

// A program that only asks has no use for Node's loop, and one that is asked meanwhile cannot do without.
await play(
  inLoop ? { echo, accept, write, count, send: sends } : { echo, accept, dial, lookup, write, send: sends },
)

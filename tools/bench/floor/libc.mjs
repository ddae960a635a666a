// The C library's functions as koffi calls them, and the few structures of Linux that the minimal programs need.
import koffi from 'koffi'

const libc = koffi.load(null)
const declared = (declaration) => libc.func(declaration)

export const errno = () => koffi.errno()
export const socket = declared('int socket(int domain, int type, int protocol)')
export const bind = declared('int bind(int fd, const void *addr, uint32_t length)')
export const listen = declared('int listen(int fd, int backlog)')
export const connect = declared('int connect(int fd, const void *addr, uint32_t length)')
export const accept4 = declared('int accept4(int fd, void *addr, void *length, int flags)')
export const getsockname = declared('int getsockname(int fd, void *addr, void *length)')
export const setsockopt = declared(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
)
export const recv = declared('int64_t recv(int fd, void *p, size_t length, int flags)')
export const send = declared('int64_t send(int fd, const void *p, size_t length, int flags)')
export const recvfrom = declared(
  'int64_t recvfrom(int fd, void *p, size_t length, int flags, void *addr, void *size)',
)
export const sendto = declared(
  'int64_t sendto(int fd, const void *p, size_t length, int flags, const void *addr, uint32_t size)',
)
export const close = declared('int close(int fd)')
export const shutdown = declared('int shutdown(int fd, int how)')
export const abs = declared('int abs(int n)')
export const getppid = declared('int getppid()')
const epollCreate1 = declared('int epoll_create1(int flags)')
const epollCtl = declared('int epoll_ctl(int epoll, int op, int fd, const void *event)')
export const epollWait = declared('int epoll_wait(int epoll, void *events, int most, int timeout)')

export const AF_UNIX = 1
export const AF_INET = 2
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_NONBLOCK = 0o4000
export const SHUT_WR = 1
export const MSG_DONTWAIT = 0x40
export const MSG_NOSIGNAL = 0x4000
export const EPOLLIN = 1
export const EPOLLOUT = 4
export const EPOLLET = 0x80000000
const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const EPOLL_CTL_ADD = 1

/** Gives the result of a call; throws where it failed. */
export function must(result, call) {
  if (result < 0) throw new Error(`${call}: errno ${errno()}`)
  return result
}

/** A struct sockaddr_in of loopback. */
export function loopback(port) {
  return Uint8Array.of(AF_INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
}

/** A struct sockaddr_un. */
export function unixName(path) {
  const addr = new Uint8Array(110)
  addr[0] = AF_UNIX
  Buffer.from(path).copy(addr, 2)
  return addr
}

/** The port that a socket is bound to. */
export function portOf(fd) {
  const addr = loopback(0)
  must(getsockname(fd, addr, Int32Array.of(addr.byteLength)), 'getsockname')
  return (addr[2] << 8) | addr[3]
}

const on = Int32Array.of(1)

/** Sends what is written at once. */
export const noDelay = (fd) => setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, on, 4)

/** Asks for a receive buffer of so many bytes. */
export const receiveBuffer = (fd, bytes) => setsockopt(fd, SOL_SOCKET, SO_RCVBUF, Int32Array.of(bytes), 4)

const words = process.arch === 'x64' ? 3 : 4 // of a struct epoll_event
const data = words - 2 // where the descriptor stands in it
const BATCH = 256

/** An epoll(7) that tells when descriptors are ready for as long as they are. */
export class Epoll {
  fd = must(epollCreate1(0), 'epoll_create1')
  #event = new Uint32Array(words)
  #events = new Uint32Array(words * BATCH)
  /** Node’s watch, which koffi closes when nothing refers to it. */
  watching = null

  /** Tells of these events of a descriptor, by its number or another one. */
  add(fd, events, name = fd) {
    this.#event[0] = events
    this.#event[data] = name
    must(epollCtl(this.fd, EPOLL_CTL_ADD, fd, this.#event), 'epoll_ctl')
  }

  /** Waits for events for so many milliseconds, -1 for ever, and calls `ready` with the descriptor of each. Gives how many. */
  wait(timeout, ready) {
    const n = epollWait(this.fd, this.#events, BATCH, timeout)
    for (let i = 0; i < n; i++) ready(this.#events[i * words + data])
    return n
  }

  /** Has Node's event loop wait for events. */
  watch(ready) {
    this.watchItself(() => this.wait(0, ready))
  }

  /** Has Node's event loop call `woken` when there are events. */
  watchItself(woken) {
    this.watching = koffi.node.poll(this.fd, { readable: true }, woken)
  }
}

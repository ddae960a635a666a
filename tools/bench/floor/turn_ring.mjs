// The echo server with the calls of a turn through io_uring: epoll tells which connections have data, one io_uring_enter receives
// for all of them, and another sends what they answered. None of them waits (MSG_DONTWAIT), so each is complete when the
// call is over, and nothing has to be taken back. It has what a connection of ours costs, as ring.mjs.
import { Lane, Liveness, Op } from '@net/io'
import { play } from '../peers/role.mjs'
import * as libc from './libc.mjs'
import { Looking } from './looking.mjs'
import { copy, serve } from './messages.mjs'
import { Memory, Ring } from './rings.mjs'

const CHUNKS = 4096
const SIZE = 2048 // bytes of a chunk; longer messages would go another way
const SEND = 26
const RECV = 27
const EAGAIN = 11

const owners = []
const ring = new Ring(4096, (slot, kind, result) => owners[slot].told(kind, result))
const epoll = new libc.Epoll()
const slab = new Memory(CHUNKS * SIZE)
const base = Number(slab.address)
const free = Array.from({ length: CHUNKS }, (_, i) => i)
const ready = (slot) => owners[slot].ready()

// What was written goes first; else what is there now is received.
const looking = new Looking(() => {
  const sent = ring.turn()
  if (sent > 0) return sent
  const n = epoll.wait(0, ready)
  ring.turn()
  return n
})
epoll.watchItself(() => looking.woken())

class Call extends Op {
  n = -1

  constructor(name, conn, p) {
    super(name)
    this.conn = conn
    this.p = p
  }

  parked() {
    if (this.name === 'write') this.conn.submit(this)
  }

  attempt() {
    return this.n >= 0 && this.done(this.n === 0 ? null : this.n)
  }
}

class RingConn extends Liveness {
  slot = owners.push(this) - 1
  reading = new Lane(this)
  writing = new Lane(this)
  #fd
  #chunk = -1
  #out = -1
  #read = null
  #write = null
  #isReady = false

  constructor(fd) {
    super({ ref() {}, unref() {} })
    this.#fd = fd
    epoll.add(fd, libc.EPOLLIN | 0x2000 | 0x80000000, this.slot) // RDHUP, ET
  }

  opError(op, cause) {
    return Object.assign(cause, { op })
  }

  read(p) {
    const op = (this.#read = new Call('read', this, p))
    const promise = this.reading.run(op)
    if (this.#isReady) this.ready()
    return promise
  }

  write(p) {
    return this.writing.run((this.#write = new Call('write', this, p)))
  }

  submit(write) {
    const chunk = (this.#out = free.pop())
    copy(write.p, 0, slab.bytes, chunk * SIZE, write.p.byteLength)
    ring.put(
      SEND,
      this.#fd,
      base + chunk * SIZE,
      write.p.byteLength,
      libc.MSG_NOSIGNAL | libc.MSG_DONTWAIT,
      this.slot,
      SEND,
    )
    looking.soon()
  }

  ready() {
    this.#isReady = true
    if (this.#read === null || this.#chunk >= 0) return
    const chunk = (this.#chunk = free.pop())
    ring.put(
      RECV,
      this.#fd,
      base + chunk * SIZE,
      Math.min(this.#read.p.byteLength, SIZE),
      libc.MSG_DONTWAIT,
      this.slot,
      RECV,
    )
    looking.soon()
  }

  told(kind, result) {
    if (kind === SEND) {
      free.push(this.#out)
      this.#write.n = result
      this.writing.wake()
      return
    }
    const chunk = this.#chunk
    free.push(chunk)
    this.#chunk = -1
    this.#isReady = false
    if (result === -EAGAIN) return
    if (result > 0) copy(slab.bytes, chunk * SIZE, this.#read.p, 0, result)
    this.#read.n = Math.max(result, 0)
    this.#read = null
    this.reading.wake()
  }
}

function echo(network) {
  if (network !== 'tcp') return null
  const fd = libc.must(libc.socket(libc.AF_INET, libc.SOCK_STREAM | libc.SOCK_NONBLOCK, 0), 'socket')
  libc.must(libc.bind(fd, libc.loopback(0), 16), 'bind')
  libc.must(libc.listen(fd, CHUNKS), 'listen')
  const slot =
    owners.push({
      ready() {
        for (;;) {
          const c = libc.accept4(fd, null, null, 0)
          if (c < 0) return
          libc.noDelay(c)
          void serve(new RingConn(c))
        }
      },
    }) - 1
  epoll.add(fd, libc.EPOLLIN, slot)
  return { ready: { port: libc.portOf(fd) } }
}

await play({ echo })

// The echo server over io_uring, with what a connection of ours costs: a lane each way, a promise for each read and write, which
// ends when the kernel has the bytes, the budget of the loop's turns. Accepts and receives go on in the kernel by themselves.
import { Lane, Liveness, Op } from '@net/io'
import { play } from '../peers/role.mjs'
import * as libc from './libc.mjs'
import { Looking } from './looking.mjs'
import { copy, serve } from './messages.mjs'
import { Memory, ProvidedBuffers, Ring } from './rings.mjs'

const BUFFERS = 4096
const SIZE = 2048 // bytes of a buffer; longer writes would go another way
const SEND = 26
const RECV_MULTISHOT = 27 | (1 << 13) | (2 << 16) // with a buffer of the ring (IOSQE_BUFFER_SELECT), again and again
const ACCEPT_MULTISHOT = 13 | (1 << 16)
const F_MORE = 2
const ENOBUFS = 105
const SOCK_CLOEXEC = 0o2000000

const owners = []
const ring = new Ring(4096, (slot, kind, result, flags) => owners[slot].told(kind, result, flags))
const received = new ProvidedBuffers(ring, BUFFERS, SIZE)
const slab = new Memory(BUFFERS * SIZE)
const free = Array.from({ length: BUFFERS }, (_, i) => i)

const looking = new Looking(() => ring.turn(), sleep)

function sleep() {
  ring.isWatched = false
  if (ring.hasWork) wake()
}

function wake() {
  ring.isWatched = true
  looking.soon()
}

ring.watch(() => {
  ring.woken()
  looking.woken()
})

class Read extends Op {
  constructor(conn, p) {
    super('read')
    this.conn = conn
    this.p = p
  }

  attempt() {
    const n = this.conn.take(this.p)
    return n >= 0 && this.done(n === 0 ? null : n)
  }
}

class Write extends Op {
  n = -1

  constructor(conn, p) {
    super('write')
    this.conn = conn
    this.p = p
  }

  parked() {
    this.conn.submit(this)
  }

  attempt() {
    return this.n >= 0 && this.done(this.n)
  }
}

class RingConn extends Liveness {
  slot = owners.push(this) - 1
  reading = new Lane(this)
  writing = new Lane(this)
  #fd
  #isOver = false
  #taken = [] // the number of a buffer, where its bytes begin and where they end
  #chunk = -1
  #write = null

  constructor(fd) {
    super({ ref() {}, unref() {} })
    this.#fd = fd
    this.#receive()
  }

  opError(op, cause) {
    return Object.assign(cause, { op })
  }

  read(p) {
    const n = this.reading.free ? this.take(p) : -1
    return n >= 0 ? Promise.resolve(n === 0 ? null : n) : this.reading.run(new Read(this, p))
  }

  write(p) {
    return this.writing.run(new Write(this, p))
  }

  /** Takes what has come into `p`: how much, 0 at the end, or -1 when nothing is there. */
  take(p) {
    const [number, at, end] = this.#taken
    if (number === undefined) return this.#isOver ? 0 : -1
    const n = Math.min(p.byteLength, end - at)
    copy(received.memory.bytes, at, p, 0, n)
    this.#taken[1] += n
    if (at + n === end) {
      received.give(number)
      this.#taken.splice(0, 3)
    }
    return n
  }

  submit(write) {
    this.#write = write
    const chunk = (this.#chunk = free.pop())
    copy(write.p, 0, slab.bytes, chunk * SIZE, write.p.byteLength)
    const address = Number(slab.address) + chunk * SIZE
    ring.put(SEND, this.#fd, address, write.p.byteLength, libc.MSG_NOSIGNAL, this.slot, SEND)
    wake()
  }

  told(kind, result, flags) {
    if (kind === SEND) {
      free.push(this.#chunk)
      this.#write.n = result
      this.writing.wake()
      return
    }
    if (result > 0) {
      const number = flags >>> 16
      this.#taken.push(number, number * SIZE, number * SIZE + result)
    }
    this.#isOver = result <= 0 && result !== -ENOBUFS
    if ((flags & F_MORE) === 0 && !this.#isOver) this.#receive()
    this.reading.wake()
  }

  #receive() {
    ring.put(RECV_MULTISHOT, this.#fd, 0, 0, 0, this.slot, RECV_MULTISHOT)
  }
}

function echo(network) {
  if (network !== 'tcp') return null
  const fd = libc.must(libc.socket(libc.AF_INET, libc.SOCK_STREAM, 0), 'socket')
  libc.must(libc.bind(fd, libc.loopback(0), 16), 'bind')
  libc.must(libc.listen(fd, BUFFERS), 'listen')
  const accepted = (_kind, accepted) => {
    libc.noDelay(accepted)
    void serve(new RingConn(accepted))
  }
  const slot = owners.push({ told: accepted }) - 1
  ring.put(ACCEPT_MULTISHOT, fd, 0, 0, SOCK_CLOEXEC, slot, ACCEPT_MULTISHOT)
  wake()
  return { ready: { port: libc.portOf(fd) } }
}

await play({ echo })

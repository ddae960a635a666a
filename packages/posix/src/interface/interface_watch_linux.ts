import { ErrClosed, isErr, OpError, type IOOptions } from '@net/contract'
import { endingOf, type Ended, type Ending } from '@net/io'
import { ENOBUFS } from '../abi/errno.ts'
import type { FD } from '../fd/fd.ts'
import { SystemInterface } from './interface_group.ts'
import { interfacesLinux, linkInfo } from './interface_linux.ts'
import type { InterfaceEvent, InterfaceWatch } from './interface_event.ts'
import { parseMessages, type NetlinkMessage } from '../wire/netlink.ts'
import { malformed, openNetlink, receiveNetlink } from './netlink_linux.ts'
import { parseLink, parseLinkAddr, parseRoute, rtm, rtmgrp } from '../wire/netlink_route.ts'
import { FDOp } from '../fd/op.ts'
import { check, descriptor } from '../fd/rawconn.ts'
import { setReadBuffer } from '../sys/sockopt.ts'
import { syscallError } from '../sys/syscall.ts'

const GROUPS = Object.values(rtmgrp).reduce((all: number, group) => all | group, 0)
const overflow: InterfaceEvent = { kind: 'overflow' }

/** The event in a message, or null for what is not about interfaces, addresses and routes. */
function parseEvent({ type, payload }: NetlinkMessage): InterfaceEvent | null {
  const action =
    type === rtm.RTM_DELLINK || type === rtm.RTM_DELADDR || type === rtm.RTM_DELROUTE ? 'del' : 'new'
  switch (type) {
    case rtm.RTM_NEWLINK:
    case rtm.RTM_DELLINK: {
      const link = parseLink(payload)
      return link === null
        ? null
        : { kind: 'link', action, iface: new SystemInterface(linkInfo(link), interfacesLinux) }
    }
    case rtm.RTM_NEWADDR:
    case rtm.RTM_DELADDR: {
      const addr = parseLinkAddr(payload)
      return addr === null ? null : { kind: 'address', action, ...addr }
    }
    case rtm.RTM_NEWROUTE:
    case rtm.RTM_DELROUTE: {
      const route = parseRoute(payload)
      return route === null ? null : { kind: 'route', action, ...route }
    }
    default:
      return null
  }
}

/** Waits for an event. `events` are those of a datagram that has been read already. */
class EventOp extends FDOp<InterfaceEvent> {
  readonly #events: InterfaceEvent[]

  constructor(fd: FD, events: InterfaceEvent[]) {
    super('read', fd)
    this.#events = events
  }

  attempt(): boolean {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) return this.done(event)
      if (!this.fd.readReady) return false
      const received = receiveNetlink(this.fd)
      if (received === 'empty') return false
      if (received === ENOBUFS || received === 'truncated') return this.#overflow()
      if (typeof received === 'number') return this.fail(syscallError('recvfrom', received))
      const messages = parseMessages(received)
      if (messages === null) return this.fail(malformed())
      for (const m of messages) {
        const e = parseEvent(m)
        if (e !== null) this.#events.push(e)
      }
    }
  }

  // Messages that still wait are older than those that were lost. They are dropped: a program that lists
  // everything anew after the overflow would take them for news.
  #overflow(): true {
    for (;;) {
      const received = receiveNetlink(this.fd)
      if (received === 'empty') return this.done(overflow)
      if (typeof received === 'number' && received !== ENOBUFS) {
        return this.fail(syscallError('recvfrom', received))
      }
    }
  }
}

const ended: IteratorReturnResult<undefined> = { done: true, value: undefined }

class NetlinkWatch implements InterfaceWatch, Ended {
  readonly #fd: FD
  readonly #events: InterfaceEvent[] = []
  readonly #ending: Ending | null

  constructor(fd: FD, options: IOOptions) {
    this.#fd = fd
    this.#ending = endingOf(options)
    if (this.#ending?.isOver) void this.close()
    else this.#ending?.add(this)
  }

  ended(): void {
    void this.close()
  }

  async next(): Promise<IteratorResult<InterfaceEvent, undefined>> {
    try {
      return { done: false, value: await this.#fd.reading.run(new EventOp(this.#fd, this.#events)) }
    } catch (e) {
      if (isErr(e, ErrClosed)) return ended
      throw e
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.close()
    return ended
  }

  setReadBuffer(bytes: number): void {
    check(this.#fd, 'set', 'setsockopt', setReadBuffer(descriptor(this.#fd, 'set'), bytes))
  }

  ref(): void {
    this.#fd.ref()
  }

  unref(): void {
    this.#fd.unref()
  }

  close(): Promise<void> {
    this.#ending?.delete(this)
    return this.#fd.close()
  }

  [Symbol.dispose](): void {
    void this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/**
 * Watches by a socket in the groups of interfaces, addresses and routes, rtnetlink(7). Throws an {@link
 * OpError}.
 */
export function watchLinux(options: IOOptions): InterfaceWatch {
  try {
    return new NetlinkWatch(openNetlink(GROUPS), options)
  } catch (e) {
    throw new OpError('listen', 'netlink', null, null, e as Error)
  }
}

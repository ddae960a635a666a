import type { IPNet } from '@net/addr'
import type { Closer, Interface } from '@net/contract'
import type { Route } from '../wire/netlink_route.ts'

/** An interface came, changed (up, down, another name, MTU or address: all are 'new') or went. */
export interface LinkEvent {
  readonly kind: 'link'
  readonly action: 'new' | 'del'
  /** The interface as it is now, or was when it went. */
  readonly iface: Interface
}

/** An address was added to an interface, changed there or was taken away. */
export interface AddressEvent {
  readonly kind: 'address'
  readonly action: 'new' | 'del'
  /** The interface's number. */
  readonly index: number
  /** The address, with the mask of its network. */
  readonly addr: IPNet
}

/** A route was added, changed or taken away. */
export interface RouteEvent extends Route {
  readonly kind: 'route'
  readonly action: 'new' | 'del'
}

/**
 * Events were lost, as they came faster than they were taken. Whoever keeps a list of interfaces must list
 * them anew.
 */
export interface OverflowEvent {
  readonly kind: 'overflow'
}

/** What {@link watchInterfaces} reports. */
export type InterfaceEvent = LinkEvent | AddressEvent | RouteEvent | OverflowEvent

/**
 * The changes to interfaces, addresses and routes, in their order. Events are taken from the kernel when they
 * are asked for and wait there until then. Only a pending `next()` keeps the process alive. Close ends the
 * iteration quietly, pending calls of `next()` included; so does leaving a `for await` loop.
 */
export interface InterfaceWatch extends AsyncIterableIterator<InterfaceEvent, undefined, undefined>, Closer {
  /** The next event. Rejects with an {@link OpError} of operation 'read' and network 'netlink'. */
  next(): Promise<IteratorResult<InterfaceEvent, undefined>>
  /** Closes the watch. Never rejects. */
  return(): Promise<IteratorReturnResult<undefined>>
  /**
   * Sets how many bytes of events the kernel keeps until they are taken (SO_RCVBUF, socket(7)). Throws an
   * {@link OpError} of operation 'set' after close.
   */
  setReadBuffer(bytes: number): void
}

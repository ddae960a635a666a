import type { IP } from '@net/addr'
import type { UDPConn } from '@net/contract'
import { parseNumeric } from '../base/address.ts'
import { BAD_IP, fail, NO_DEVICES, plan9Error } from '../base/errors.ts'
import type { Interfaces } from '../base/interfaces.ts'

const MOST = 32 // groups that a conversation may join

/** A multicast group on the interface that has an address. */
export interface Membership {
  readonly ifc: IP
  readonly group: IP
}

/**
 * Reads the interface and the group that the words of addmulti or delmulti name; without a group `usual` is
 * meant.
 */
export function parseMembership(words: readonly string[], usual: IP | null): Membership {
  if (words[1] === undefined) fail(`${words[0] ?? ''} needs interface address`)
  const ifc = parseNumeric(words[1]) ?? fail(BAD_IP)
  const group = words[2] === undefined ? usual : (parseNumeric(words[2]) ?? fail(BAD_IP))
  return group?.isMulticast === true ? { ifc, group } : fail('addmulti for a non multicast address')
}

/** The multicast groups of a conversation: joined at once, or when there is a socket. */
export class Memberships {
  readonly #interfaces: Interfaces
  #groups: Membership[] = []

  /** Makes an empty list; the interfaces are found by their addresses. */
  constructor(interfaces: Interfaces) {
    this.#interfaces = interfaces
  }

  /** Forgets all of them; the socket that had joined is closed. */
  clear(): void {
    this.#groups = []
  }

  /** Adds one, `conn` being the socket if there is one. */
  add(member: Membership, conn: UDPConn | null): void {
    if (this.#groups.length >= MOST) fail(NO_DEVICES)
    if (conn !== null) this.#join(conn, member)
    this.#groups.push(member)
  }

  /** Leaves a group; nothing happens when it was not joined. */
  remove(member: Membership, conn: UDPConn | null): void {
    const at = this.#groups.findIndex((m) => m.group.equal(member.group) && m.ifc.equal(member.ifc))
    if (at < 0) return
    this.#groups.splice(at, 1)
    try {
      conn?.leaveGroup(member.group, this.#interfaces.indexOf(member.ifc))
    } catch (e) {
      throw plan9Error(e)
    }
  }

  /** Joins all of them on a new socket. */
  join(conn: UDPConn): void {
    for (const member of this.#groups) this.#join(conn, member)
  }

  #join(conn: UDPConn, { group, ifc }: Membership): void {
    try {
      conn.joinGroup(group, this.#interfaces.indexOf(ifc))
    } catch (e) {
      throw plan9Error(e)
    }
  }
}

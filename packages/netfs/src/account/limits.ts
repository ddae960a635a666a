import { maxDescriptors } from './descriptors.ts'

/**
 * How much the clients of a tree may use. A limit that is absent has its default. The sessions, the conversations
 * and the memory of an export are shared by its peers, and no peer has more than is left for the others: one
 * alone has half at most, two have a third each. A peer is whom the connections come from: an identity of
 * TLS, a user of a Unix socket, an IPv4 address, a /64 of IPv6. An embedded tree is the program's own and has
 * everything.
 */
export interface Limits {
  /**
   * Sessions at a time; one more takes the place of one that has not attached, or is idle, else it is hung up
   * on. Default 64, at most an eighth of the descriptors that the process may have.
   */
  readonly sessions?: number | undefined
  /** Milliseconds that a client has to attach after it has connected; default 10 000. */
  readonly attachTime?: number | undefined
  /**
   * Connections of a peer that may come and not attach: so many at once, and as many again in each `attachTime`;
   * more are hung up on. Default 64.
   */
  readonly arrivals?: number | undefined
  /**
   * Conversations of a session, for each protocol; one more is "no free devices". Default 1024, the most is
   * 4096.
   */
  readonly conversations?: number | undefined
  /**
   * Conversations of all sessions together, each a descriptor. Default 8192, but with the sessions at most
   * half of the descriptors that the process may have, so that an export never takes all from the program:
   * RLIMIT_NOFILE on linux, taken to be 1024 elsewhere.
   */
  readonly totalConversations?: number | undefined
  /**
   * Bytes of memory that all sessions hold together: what `bytes` counts of each, datagrams and answers that
   * wait, and 2 KiB for each number of a conversation. Default 96 MiB.
   */
  readonly memory?: number | undefined
  /**
   * Milliseconds after which a session that has attached is idle: without a conversation, with no request
   * pending and none come. It lasts until its place is needed, so that a mount which nobody uses for a while
   * still works. Default 60 000.
   */
  readonly idleTime?: number | undefined
  /** Queries of cs and dns that a peer may have looked up at a time; more wait. Default 32. */
  readonly lookups?: number | undefined
  /**
   * Queries of all peers together that are looked up at a time, which they share as they do sessions; one more is
   * "too many queries". Default 256.
   */
  readonly totalLookups?: number | undefined
  /**
   * Bytes of datagrams that wait in a session to be read, beyond what the host's system keeps, and of answers
   * that its open files of cs and dns hold; more datagrams are dropped, more answers are "i/o error". Default
   * 1 MiB.
   */
  readonly queuedBytes?: number | undefined
  /** Fids of a session; default 16384. */
  readonly fids?: number | undefined
  /** Requests of a session at a time; default 8192. */
  readonly requests?: number | undefined
  /**
   * Bytes that a session holds: the buffers of pending reads and writes, and of replies until they have left,
   * 2 KiB for each pending request, 512 for each fid. More is "too many bytes in flight". Default 64 MiB.
   */
  readonly bytes?: number | undefined
  /** The longest 9P message, in bytes; default 512 KiB and 24. */
  readonly msize?: number | undefined
}

/** The limits with their defaults. */
export type FullLimits = { readonly [K in keyof Limits]-?: number }

const MOST_CONVERSATIONS = 4096 // the numbers a qid has room for

/** Fills in the defaults. Throws a RangeError for a limit that is not a positive whole number. */
export function fullLimits(limits: Limits = {}): FullLimits {
  const descriptors = maxDescriptors()
  const sessions = limits.sessions ?? Math.max(1, Math.min(64, descriptors >> 3))
  const full = {
    sessions,
    attachTime: limits.attachTime ?? 10_000,
    arrivals: limits.arrivals ?? 64,
    conversations: Math.min(limits.conversations ?? 1024, MOST_CONVERSATIONS),
    totalConversations:
      limits.totalConversations ?? Math.max(1, Math.min(8192, (descriptors >> 1) - sessions)),
    memory: limits.memory ?? 96 << 20,
    idleTime: limits.idleTime ?? 60_000,
    lookups: limits.lookups ?? 32,
    totalLookups: limits.totalLookups ?? 256,
    queuedBytes: limits.queuedBytes ?? 1 << 20,
    fids: limits.fids ?? 16384,
    requests: limits.requests ?? 8192,
    bytes: limits.bytes ?? 64 << 20,
    msize: limits.msize ?? 512 * 1024 + 24,
  }
  for (const [name, n] of Object.entries(full)) {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`the limit ${name} must be a positive whole number`)
  }
  return full
}

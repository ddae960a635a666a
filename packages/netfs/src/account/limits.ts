/** What the clients of a tree may use at most. What is absent has its default. */
export interface Limits {
  /** Sessions at a time; one more takes the place of the oldest that has not attached, else it is hung up on. Default 64. */
  readonly sessions?: number | undefined
  /** Milliseconds that a client has to attach after it has connected; default 10 000. */
  readonly attachTime?: number | undefined
  /** Conversations of a session, for each protocol; one more is "no free devices". Default 1024, the most is 4096. */
  readonly conversations?: number | undefined
  /** Conversations of all sessions together, each a descriptor; default 8192. */
  readonly totalConversations?: number | undefined
  /** Queries of cs and dns that a session may have looked up at a time; more wait. Default 32. */
  readonly lookups?: number | undefined
  /**
   * Bytes of datagrams that wait in a session to be read, beyond what the host's system keeps, and of answers that its open
   * files of cs and dns hold; more datagrams are dropped, more answers are "i/o error". Default 1 MiB.
   */
  readonly queuedBytes?: number | undefined
  /** Fids of a session; default 16384. */
  readonly fids?: number | undefined
  /** Requests of a session at a time; default 8192. */
  readonly requests?: number | undefined
  /** Bytes that pending reads and writes of a session hold; default 64 MiB. */
  readonly bytes?: number | undefined
  /** The longest 9P message, in bytes; default 512 KiB and 24. */
  readonly msize?: number | undefined
}

/** The limits with their defaults. */
export type FullLimits = { readonly [K in keyof Limits]-?: number }

const MOST_CONVERSATIONS = 4096 // the numbers a qid has room for

/** Fills in the defaults. Throws a RangeError for what is no positive whole number. */
export function fullLimits(limits: Limits = {}): FullLimits {
  const full = {
    sessions: limits.sessions ?? 64,
    attachTime: limits.attachTime ?? 10_000,
    conversations: Math.min(limits.conversations ?? 1024, MOST_CONVERSATIONS),
    totalConversations: limits.totalConversations ?? 8192,
    lookups: limits.lookups ?? 32,
    queuedBytes: limits.queuedBytes ?? 1 << 20,
    fids: limits.fids ?? 16384,
    requests: limits.requests ?? 8192,
    bytes: limits.bytes ?? 64 << 20,
    msize: limits.msize ?? 512 * 1024 + 24,
  }
  for (const [name, n] of Object.entries(full)) {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`the limit ${name} is a positive whole number`)
  }
  return full
}

import { DNSError } from '@net/contract'
import type { Found } from './cache.ts'
import { cannotUnmarshal } from './failure.ts'
import { RCode, type Parser } from '../dns/parser.ts'
import { RRType, type RRData, type RRHeader } from '../dns/rr.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

/**
 * A reply that has at least one record of the type asked for: its records from the first of that type to
 * the end of the answers, each read when its turn comes, so a malformed one spoils none before it.
 */
export class Answer {
  /** The server that gave it. */
  readonly server: string
  /** What stands before the content of the record whose turn it is; null after the last. */
  header: RRHeader | null
  readonly #parser: Parser

  /** Makes an answer, at its first record. */
  constructor(server: string, { parser, first }: Found) {
    this.server = server
    this.header = first
    this.#parser = parser
  }

  /** The content of the record whose turn it is; once for each. */
  data(): RRData {
    return this.#parser.data()
  }

  /** Goes on to the next record. */
  next(): void {
    this.header = this.#parser.next('answers')
  }
}

/**
 * The reply at its first record of a type; null when it says that there is no such name, or no such record.
 * Throws for a reply that is of no use.
 */
export function findAnswer(reply: Parser, type: number, fqdn: string, server: string): Found | null {
  const { rcode, hasAdditional } = extendedRCode(reply)
  const isMixedUp = reply.hasOPTAnswer
  if (rcode === RCode.nameError) return null
  try {
    let first = reply.next('answers')
    if (rcode !== RCode.success) {
      throw new DNSError('server misbehaving', fqdn, { server, isTemporary: rcode === RCode.serverFailure })
    }
    // A server that neither knows nor asks others refers to those who might; libresolv goes on to the next
    // too.
    if (first === null && !hasAdditional) {
      const { authoritative, recursionAvailable } = reply.header
      if (!authoritative && !recursionAvailable) throw new Error('lame referral')
    }
    while (first !== null && first.type !== type) first = reply.next('answers')
    if (first !== null) return { parser: reply, first }
    // A server that puts the OPT record among the answers may have put the answers elsewhere.
    if (isMixedUp) throw new DNSError('server misbehaving', fqdn, { server })
    return null
  } catch (e) {
    if (e instanceof DNSMessageError) throw cannotUnmarshal(fqdn, server)
    throw e
  }
}

/**
 * The outcome, with the eight bits that EDNS adds (RFC 6891 section 6.1.3), and whether there are
 * additional records.
 */
function extendedRCode(reply: Parser): { rcode: number; hasAdditional: boolean } {
  const { rcode } = reply
  let hasAdditional = false
  if (!reply.hasAdditionals) return { rcode, hasAdditional }
  const p = reply.clone()
  try {
    for (let h = p.next('additionals'); h !== null; h = p.next('additionals')) {
      hasAdditional = true
      if (h.type === RRType.OPT) return { rcode: (((h.ttl >>> 24) & 0xff) << 4) | rcode, hasAdditional }
    }
  } catch (e) {
    if (!(e instanceof DNSMessageError)) throw e
    // What cannot be read adds nothing.
  }
  return { rcode, hasAdditional }
}

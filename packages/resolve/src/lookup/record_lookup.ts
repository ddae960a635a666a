import type { Ending } from '@net/io'
import type { DNSClient } from '../client/dns_client.ts'
import { cannotUnmarshal } from '../client/failure.ts'
import type { RR } from '../dns/rr.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

/** Which records are looked up. */
export interface RecordLookup {
  /** The name as it was given, for errors. */
  readonly name: string
  /** The name that DNS is asked for. */
  readonly asked: string
  /** The number of the type. */
  readonly type: number
  /** What the error of a malformed record calls the name. */
  readonly shown: string
}

/**
 * Looks up the records of a type; there is at least one. Rejects with a DNSError, or with why the lookup
 * was ended.
 */
export async function lookupRecords(
  client: DNSClient,
  lookup: RecordLookup,
  ending: Ending | null,
): Promise<RR[]> {
  const { name, asked, type, shown } = lookup
  const answer = await client.lookup(name, asked, type, ending)
  const list: RR[] = []
  try {
    for (let { header } = answer; header !== null; { header } = answer) {
      if (header.type === type) list.push({ ...header, data: answer.data() })
      answer.next()
    }
  } catch (e) {
    if (e instanceof DNSMessageError) throw cannotUnmarshal(shown, answer.server)
    throw e
  }
  return list
}

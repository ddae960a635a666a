import type { Ending } from '@net/io'
import type { DNSClient } from '../client/dns_client.ts'
import { cannotUnmarshal } from '../client/failure.ts'
import type { RR } from '../dns/rr.ts'
import { DNSMessageError } from '../dns/wire_reader.ts'

/**
 * Looks up the records of a type; there is at least one. Rejects with a DNSError, or with why the lookup was ended. `shown` is
 * what the error of a malformed record calls the name.
 */
export async function lookupRecords(
  client: DNSClient,
  name: string,
  type: number,
  shown: string,
  ending: Ending,
): Promise<RR[]> {
  const answer = await client.lookup(name, type, ending)
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

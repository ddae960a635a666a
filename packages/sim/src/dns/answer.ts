import { decodeDNSMessage, encodeDNSMessage, RCode, RRType, type DNSMessage, type RR } from '@net/resolve'

const PLAIN_SIZE = 512 // bytes of a packet for those who do not say that they take more (RFC 1035 section 4.2.1)
const CHAIN = 8 // aliases that are followed

/** What a server's zone says to a query. */
function answerOf(records: ReadonlyMap<string, readonly RR[]>, query: DNSMessage): DNSMessage {
  const question = query.questions[0]
  const base = {
    ...query,
    response: true,
    authoritative: true,
    truncated: false,
    authorities: [],
    additionals: [],
  }
  if (question === undefined) return { ...base, rcode: RCode.formatError, answers: [] }
  const answers: RR[] = []
  let name = question.name.toLowerCase()
  let known = false
  for (let i = 0; i < CHAIN; i++) {
    const own = records.get(name)
    if (own === undefined) break
    known = true
    const fitting = own.filter((r) => r.type === question.type)
    answers.push(...fitting.map((r) => (i === 0 ? { ...r, name: question.name } : r)))
    const alias = own.find((r) => r.type === RRType.CNAME)
    if (fitting.length > 0 || alias?.data.kind !== 'CNAME') break
    answers.push(i === 0 ? { ...alias, name: question.name } : alias)
    name = alias.data.target
  }
  return { ...base, rcode: known ? RCode.success : RCode.nameError, answers }
}

/** The bytes of the answer to the bytes of a query: of a packet, cut to what the asker takes; null for what is no query. */
export function answerBytes(
  records: ReadonlyMap<string, readonly RR[]>,
  bytes: Uint8Array,
  isPacket: boolean,
): Uint8Array | null {
  let query: DNSMessage
  try {
    query = decodeDNSMessage(bytes)
  } catch {
    return null // what cannot be read cannot be answered
  }
  if (query.response) return null
  const answer = answerOf(records, query)
  const whole = encodeDNSMessage(answer)
  if (!isPacket || whole.byteLength <= sizeOf(query)) return whole
  return encodeDNSMessage({ ...answer, truncated: true, answers: [] })
}

// The class of the OPT record is what the asker takes (RFC 6891 section 6.1.2).
function sizeOf(query: DNSMessage): number {
  const opt = query.additionals.find((r) => r.type === RRType.OPT)
  return opt === undefined ? PLAIN_SIZE : Math.max(PLAIN_SIZE, opt.class)
}

import { IP, type Resolver } from '@net/core'

/** A record as a resolver gives it. */
export type Resource = Awaited<ReturnType<Resolver['lookupRecords']>>[number]
type Data = Resource['data']

const utf8 = new TextDecoder()

/**
 * What a record says, as zone files write it, but for quotes: texts are as they are, and strings that belong
 * together joined.
 */
export function recordText(data: Data): string {
  switch (data.kind) {
    case 'A':
    case 'AAAA':
      return data.ip.toString()
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return data.target
    case 'MX':
      return `${data.pref} ${data.target}`
    case 'SOA': {
      const { ns, mbox, serial, refresh, retry, expire, minTTL } = data
      return [ns, mbox, serial, refresh, retry, expire, minTTL].join(' ')
    }
    case 'SRV':
      return [data.priority, data.weight, data.port, data.target].join(' ')
    case 'TXT':
      return utf8.decode(Buffer.concat(data.strings))
    case 'CAA':
      return `${data.flags} ${data.tag} ${utf8.decode(data.value)}`
    case 'SVCB':
    case 'HTTPS':
      return [data.priority, data.target, ...data.params.map(paramText)].join(' ')
    case 'unknown':
      return unknownText(data.bytes)
    case 'OPT':
      return unknownText(Buffer.concat(data.options.map((option) => option.data)))
  }
}

// RFC 3597, section 5
function unknownText(bytes: Uint8Array): string {
  return ['\\#', bytes.byteLength, Buffer.from(bytes).toString('hex')].join(' ').trimEnd()
}

// RFC 9460, section 14.3.2
const ALPN = 1
const PORT = 3
const IPV4HINT = 4
const IPV6HINT = 6

function paramText({ key, value }: { readonly key: number; readonly value: Uint8Array }): string {
  const bytes = Buffer.from(value)
  if (key === ALPN) return `alpn=${counted(bytes).join(',')}`
  if (key === PORT && bytes.byteLength === 2) return `port=${bytes.readUInt16BE()}`
  if (key === IPV4HINT) return `ipv4hint=${addresses(bytes, 4).join(',')}`
  if (key === IPV6HINT) return `ipv6hint=${addresses(bytes, 16).join(',')}`
  return `key${key}=${bytes.toString('latin1')}`
}

function counted(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + 1 + (bytes[at] ?? 0)
    texts.push(bytes.toString('latin1', at + 1, end))
    at = end
  }
  return texts
}

function addresses(bytes: Buffer, length: number): string[] {
  const ips: string[] = []
  for (let at = 0; at + length <= bytes.byteLength; at += length) {
    ips.push(IP.from(bytes.subarray(at, at + length)).toString())
  }
  return ips
}

import { IP } from '@net/addr'
import { RRType, type OPTData, type RRData, type SVCBData } from './rr.ts'
import { DNSMessageError, type WireReader } from './wire_reader.ts'
import type { WireWriter } from './wire_writer.ts'

/**
 * Reads the content of a record of a type at the reader's offset, `length` bytes by its header. As Go does,
 * the length is believed where the type does not say how much there is; where to go on is the caller's to
 * decide.
 */
export function readData(r: WireReader, type: number, length: number): RRData {
  const start = r.offset
  switch (type) {
    case RRType.A:
      return { kind: 'A', ip: IP.fromUint32(r.uint32()) }
    case RRType.AAAA:
      return { kind: 'AAAA', ip: IP.fromUint32s(r.uint32(), r.uint32(), r.uint32(), r.uint32()) }
    case RRType.CNAME:
      return { kind: 'CNAME', target: r.name() }
    case RRType.NS:
      return { kind: 'NS', target: r.name() }
    case RRType.PTR:
      return { kind: 'PTR', target: r.name() }
    case RRType.MX:
      return { kind: 'MX', pref: r.uint16(), target: r.name() }
    case RRType.SRV:
      return { kind: 'SRV', priority: r.uint16(), weight: r.uint16(), port: r.uint16(), target: r.name() }
    case RRType.SOA:
      return {
        kind: 'SOA',
        ns: r.name(),
        mbox: r.name(),
        serial: r.uint32(),
        refresh: r.uint32(),
        retry: r.uint32(),
        expire: r.uint32(),
        minTTL: r.uint32(),
      }
    case RRType.TXT:
      return { kind: 'TXT', strings: strings(r, start + length) }
    case RRType.OPT:
      return { kind: 'OPT', options: options(r, start + length) }
    case RRType.SVCB:
    case RRType.HTTPS:
    case RRType.CAA:
      return newer(r, type, length)
    default:
      return { kind: 'unknown', bytes: r.take(length) }
  }
}

/** Reads the types that Go leaves as bytes. What cannot be read is left so too. */
function newer(r: WireReader, type: number, length: number): RRData {
  const start = r.offset
  const end = start + length
  try {
    if (type === RRType.CAA) {
      const flags = r.uint8()
      const tag = String.fromCharCode(...r.take(r.uint8()))
      if (r.offset > end) throw new DNSMessageError('tag longer than its record')
      return { kind: 'CAA', flags, tag, value: r.take(end - r.offset) }
    }
    const kind = type === RRType.SVCB ? 'SVCB' : 'HTTPS'
    return { kind, priority: r.uint16(), target: r.name(), params: params(r, end) }
  } catch (e) {
    if (!(e instanceof DNSMessageError)) throw e
    r.offset = start
    return { kind: 'unknown', bytes: r.take(length) }
  }
}

function strings(r: WireReader, end: number): Uint8Array[] {
  const list: Uint8Array[] = []
  while (r.offset < end) {
    list.push(r.take(r.uint8()))
    if (r.offset > end) throw new DNSMessageError('string longer than its record')
  }
  return list
}

function options(r: WireReader, end: number): OPTData['options'] {
  const list: { code: number; data: Uint8Array }[] = []
  while (r.offset < end) list.push({ code: r.uint16(), data: r.take(r.uint16()) })
  return list
}

function params(r: WireReader, end: number): SVCBData['params'] {
  const list: { key: number; value: Uint8Array }[] = []
  while (r.offset < end) {
    const key = r.uint16()
    if (key <= (list.at(-1)?.key ?? -1)) throw new DNSMessageError('parameters out of order')
    list.push({ key, value: r.take(r.uint16()) })
  }
  if (r.offset > end) throw new DNSMessageError('parameter longer than its record')
  return list
}

/** Writes the content of a record, without its length. */
export function writeData(w: WireWriter, data: RRData): void {
  switch (data.kind) {
    case 'A':
    case 'AAAA': {
      const ip = data.kind === 'A' ? data.ip.to4() : data.ip.to16()
      if (ip === null) throw new DNSMessageError('A record of an address that is not IPv4')
      w.put(ip.bytes())
      break
    }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      w.name(data.target, true)
      break
    case 'MX':
      w.uint16(data.pref)
      w.name(data.target, true)
      break
    case 'SRV':
      w.uint16(data.priority)
      w.uint16(data.weight)
      w.uint16(data.port)
      w.name(data.target, false)
      break
    case 'SOA':
      w.name(data.ns, true)
      w.name(data.mbox, true)
      for (const n of [data.serial, data.refresh, data.retry, data.expire, data.minTTL]) w.uint32(n)
      break
    case 'TXT':
      for (const s of data.strings) w.string(s)
      break
    case 'SVCB':
    case 'HTTPS':
      w.uint16(data.priority)
      w.name(data.target, false)
      for (const { key, value } of data.params) writePair(w, key, value)
      break
    case 'CAA':
      w.uint8(data.flags)
      w.string(Uint8Array.from(data.tag, (c) => c.charCodeAt(0)))
      w.put(data.value)
      break
    case 'OPT':
      for (const { code, data: bytes } of data.options) writePair(w, code, bytes)
      break
    case 'unknown':
      w.put(data.bytes)
  }
}

function writePair(w: WireWriter, key: number, value: Uint8Array): void {
  w.uint16(key)
  w.sized(() => {
    w.put(value)
  })
}

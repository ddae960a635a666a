import { lookup as getaddrinfo, type LookupAddress } from 'node:dns'
import { IPAddr, parseIPZone } from '@net/addr'
import { DNSError, type IOOptions, type LookupGroup } from '@net/contract'
import { lookupPort, lookupProtocol, ProtocolsFile, ServicesFile } from '@net/resolve'
import { ErrUnsupported, lookupStubs } from '@net/stubs'

const services = new ServicesFile()
const protocols = new ProtocolsFile()

const notFound = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'])

/** Asks the system's getaddrinfo(3). A signal lets go of the answer; the system's call cannot be stopped. */
function addresses(host: string, family: 0 | 4 | 6, options: IOOptions = {}): Promise<LookupAddress[]> {
  const { signal } = options
  if (host === '' || host.includes('\0')) {
    return Promise.reject(new DNSError('no such host', host, { isNotFound: true }))
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal?.reason)
    }
    if (signal?.aborted) {
      abort()
      return
    }
    signal?.addEventListener('abort', abort)
    getaddrinfo(host, { all: true, family, verbatim: true }, (cause, found) => {
      signal?.removeEventListener('abort', abort)
      if (cause === null) resolve(found)
      else reject(lookupError(host, cause))
    })
  })
}

function lookupError(host: string, cause: NodeJS.ErrnoException): DNSError {
  const { code = '' } = cause
  if (notFound.has(code)) return new DNSError('no such host', host, { isNotFound: true, cause })
  return new DNSError(cause.message, host, { isTemporary: code === 'EAI_AGAIN', cause })
}

async function lookupIPAddr(host: string, options?: IOOptions): Promise<IPAddr[]> {
  const literal = parseIPZone(host)
  if (literal !== null) return [new IPAddr(literal.ip, literal.zone)]
  const found = await addresses(host, 0, options)
  return found.flatMap(({ address }) => {
    const a = parseIPZone(address)
    return a === null ? [] : [new IPAddr(a.ip, a.zone)]
  })
}

/** Host names through the system, services and protocols from its files; the other lookups refuse. */
export const lookup: LookupGroup = {
  ...lookupStubs(ErrUnsupported),

  lookupIPAddr,

  async lookupHost(host, options) {
    return (await lookupIPAddr(host, options)).map(String)
  },

  async lookupIP(network, host, options) {
    const found = (await lookupIPAddr(host, options)).flatMap(({ ip }) => (ip === null ? [] : [ip]))
    const wanted = found.filter((ip) =>
      network === 'ip4' ? ip.to4() !== null : network === 'ip6' ? ip.to4() === null : true,
    )
    if (wanted.length === 0) throw new DNSError('no such host', host, { isNotFound: true })
    return wanted
  },

  async lookupPort(network, service) {
    return lookupPort(services.get(), network, service)
  },

  async lookupProtocol(name) {
    return lookupProtocol(protocols.get(), name)
  },
}

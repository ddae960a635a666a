import {
  AddrError,
  InvalidAddrError,
  IP,
  IPAddr,
  IPMask,
  IPNet,
  ParseError,
  TCPAddr,
  UDPAddr,
  UnixAddr,
  UnknownNetworkError,
  type Addr,
} from '@net/addr'
import {
  DNSConfigError,
  DNSError,
  Errno,
  ErrClosed,
  ErrDeadlineExceeded,
  ErrWriteToConnected,
  isErr,
  OpError,
  SyscallError,
  type NetError,
} from '../src/index.ts'

/** A value of Go as the vectors describe it. */
export interface GoValue {
  readonly type: string
  readonly nil?: boolean
  readonly err?: GoValue | string | null
  readonly text?: string
  readonly name?: string
  readonly op?: string
  readonly path?: string
  readonly net?: string
  readonly syscall?: string
  readonly source?: GoValue | null
  readonly addr?: GoValue | string | null
  readonly ip?: string | null
  readonly mask?: string
  readonly port?: number
  readonly zone?: string
  readonly parseType?: string
  readonly server?: string
  readonly isTimeout?: boolean
  readonly isTemporary?: boolean
  readonly isNotFound?: boolean
  readonly unwrapErr?: GoValue
}

/** The errno of a name is the system's; here any positive number will do. */
const NUMBER = 1

/** What stands for the variables of Go that have no counterpart: other packages' errors. */
const foreign = new Map<string, Error>([
  ['context.Canceled', new Error('context canceled')],
  [
    'context.DeadlineExceeded',
    Object.assign(new Error('context deadline exceeded'), { timeout: true, temporary: true }),
  ],
  ['io.EOF', new Error('EOF')],
  ['io.ErrClosedPipe', new Error('io: read/write on closed pipe')],
  ['io.ErrUnexpectedEOF', new Error('unexpected EOF')],
  ['errNoSuchHost', new Error('no such host')],
  ['errUnknownPort', new Error('unknown port')],
])
foreign.set('errCanceled', new Error('operation was canceled', { cause: foreign.get('context.Canceled') }))
foreign.set(
  'errTimeout',
  Object.assign(new Error('i/o timeout', { cause: foreign.get('context.DeadlineExceeded') }), {
    timeout: true,
    temporary: true,
  }),
)

const own = new Map<string, Error>([
  ['net.ErrClosed', ErrClosed],
  ['net.ErrWriteToConnected', ErrWriteToConnected],
  ['os.ErrDeadlineExceeded', ErrDeadlineExceeded],
])

function ip(hex: string | null | undefined): IP | null {
  return hex === null || hex === undefined || hex === '' ? null : IP.from(Buffer.from(hex, 'hex'))
}

/** Makes an address; IPs of odd length are refused by {@link IP.from}. A typed nil prints as Go prints it. */
function toAddr(v: GoValue | null | undefined): Addr | null {
  if (v === null || v === undefined) return null
  if (v.nil === true) return { network: '', toString: () => '<nil>' }
  switch (v.type) {
    case 'TCPAddr':
      return new TCPAddr(ip(v.ip), v.port ?? 0, v.zone)
    case 'UDPAddr':
      return new UDPAddr(ip(v.ip), v.port ?? 0, v.zone)
    case 'IPAddr':
      return new IPAddr(ip(v.ip), v.zone)
    case 'UnixAddr':
      return new UnixAddr(v.name ?? '', (v.net ?? 'unix') as 'unix')
    case 'IPNet': {
      const base = ip(v.ip)
      if (base === null) throw new Error('an IPNet without an address')
      return new IPNet(base, IPMask.from(Buffer.from(v.mask ?? '', 'hex')))
    }
    default:
      throw new Error(`no address of type ${v.type}`)
  }
}

/** Makes an error; null, and a typed nil, stay what they are: null. */
export function toError(v: GoValue | null | undefined): Error {
  if (v === null || v === undefined || v.nil === true) return null as unknown as Error
  const err = (): Error => toError(typeof v.err === 'string' ? null : v.err)
  const text = typeof v.err === 'string' ? v.err : ''
  switch (v.type) {
    case 'OpError':
      return new OpError(v.op ?? '', v.net ?? '', toAddr(v.source), toAddr(v.addr as GoValue | null), err())
    case 'SyscallError':
      return new SyscallError(v.syscall ?? '', err())
    case 'Errno':
      return new Errno(v.name ?? '', NUMBER)
    case 'AddrError':
      return new AddrError(text, v.addr as string)
    case 'ParseError':
      return new ParseError(v.parseType ?? '', v.text ?? '')
    case 'InvalidAddrError':
      return new InvalidAddrError(v.text ?? '')
    case 'UnknownNetworkError':
      return new UnknownNetworkError(v.text ?? '')
    case 'DNSConfigError':
      return new DNSConfigError(err())
    case 'DNSError':
      return new DNSError(text, v.name ?? '', {
        server: v.server ?? '',
        isTimeout: v.isTimeout ?? false,
        isTemporary: v.isTemporary ?? false,
        isNotFound: v.isNotFound ?? false,
        ...(v.unwrapErr === undefined ? {} : { cause: toError(v.unwrapErr) }),
      })
    case 'newDNSError':
      return lookupError(err(), v.name ?? '', v.server ?? '')
    case 'PathError':
      return new Error(`${v.op} ${v.path}: ${err().message}`, { cause: err() })
    case 'wrapped':
      return new Error(`${v.text}: ${err().message}`, { cause: err() })
    case 'temporaryError':
      return Object.assign(new Error(v.text), { timeout: false, temporary: true })
    case 'Error':
      return new Error(v.text)
    default: {
      const known = own.get(v.type) ?? foreign.get(v.type)
      if (known === undefined) throw new Error(`no error of type ${v.type}`)
      return known
    }
  }
}

// How a resolver makes its error of another: what that one says of itself goes over, and so do ends by the caller.
function lookupError(e: Error, name: string, server: string): DNSError {
  const { timeout = false, temporary = false } = e instanceof SyscallError ? {} : (e as Partial<NetError>)
  const ended = ['context.Canceled', 'context.DeadlineExceeded'].some((t) => isTarget(e, t))
  const isNotFound = e === foreign.get('errNoSuchHost') || e === foreign.get('errUnknownPort')
  const cause = ended ? { cause: e } : {}
  return new DNSError(e.message, name, {
    server,
    isTimeout: timeout,
    isTemporary: temporary,
    isNotFound,
    ...cause,
  })
}

const fileErrors: Readonly<Record<string, readonly string[]>> = {
  'fs.ErrPermission': ['EACCES', 'EPERM'],
  'fs.ErrNotExist': ['ENOENT'],
  'fs.ErrExist': ['EEXIST', 'ENOTEMPTY'],
}

/** Whether errors.Is holds for one of the vectors' targets. The file errors of Go are classes of error numbers. */
export function isTarget(e: Error, target: string): boolean {
  const known = own.get(target) ?? foreign.get(target)
  if (known !== undefined) return isErr(e, known)
  return (fileErrors[target] ?? [target]).some((code) => isErr(e, new Errno(code, NUMBER)))
}

/** Every target that the vectors ask about. */
export const targets = [
  ...own.keys(),
  'context.Canceled',
  'context.DeadlineExceeded',
  'io.EOF',
  'io.ErrClosedPipe',
  ...Object.keys(fileErrors),
  'EADDRINUSE',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
].filter((t) => t !== 'net.ErrWriteToConnected')

export * from './argument.ts'
export * from './closer.ts'
export * from './conn.ts'
export { InvalidConnError, UnknownSocketError } from './conn_error.ts'
export * from './datagram.ts'
export * from './dns_error.ts'
export { errnoText } from './errno.ts'
export {
  Errno,
  ErrClosed,
  ErrDeadlineExceeded,
  ErrTooLong,
  ErrUnexpectedEOF,
  ErrWriteToConnected,
  isErr,
  OpError,
  SyscallError,
  type NetError,
} from './errors.ts'
export * from './file.ts'
export * from './half_closer.ts'
export * from './interface.ts'
export * from './iprawsock.ts'
export * from './ipsock.ts'
export * from './keep_alive.ts'
export * from './lookup.ts'
export * from './net_fs.ts'
export * from './options.ts'
export * from './sendfile.ts'
export * from './target.ts'
export * from './tcpsock.ts'
export * from './udpsock.ts'
export * from './unixsock.ts'

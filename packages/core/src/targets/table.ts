import type { TargetGroups } from '@net/contract'

/** The names of the targets. */
export type TargetName = 'linux' | 'darwin' | 'freebsd' | 'openbsd' | 'windows' | 'plan9'

/** Where a group of a target comes from. */
export interface Supply {
  /** The package that supplies it. */
  readonly from: string
  /** The code of the error with which it refuses everything; absent when it works. */
  readonly refuses?: 'EPLAN9' | 'EWINDOWS' | 'ENOTSUP'
}

/** For each target, which package supplies each group of functions, or what refuses. */
export type TargetTable = Readonly<Record<TargetName, Readonly<Record<keyof TargetGroups, Supply>>>>

const posix: Supply = { from: '@net/posix' }
const plan9: Supply = { from: '@net/plan9' }

// It reads and writes, as any connection can.
const copying: Supply = { from: '@net/io' }

function stub(refuses: 'EPLAN9' | 'EWINDOWS' | 'ENOTSUP'): Supply {
  return { from: '@net/stubs', refuses }
}

const kernel = {
  file: posix,
  interface: posix,
  iprawsock: posix,
  ipsock: posix,
  lookup: posix,
  sendfile: posix,
  tcpsock: posix,
  udpsock: posix,
  unixsock: posix,
}

/**
 * The table of targets: what `netx targets` prints. It says of every target what the files beside it build, of which a
 * program holds only its own.
 */
export const targets: TargetTable = {
  linux: kernel,
  darwin: kernel,
  freebsd: kernel,
  openbsd: kernel,
  windows: {
    file: stub('EWINDOWS'),
    interface: posix,
    iprawsock: posix,
    ipsock: posix,
    lookup: posix,
    sendfile: copying,
    tcpsock: posix,
    udpsock: posix,
    unixsock: posix,
  },
  plan9: {
    file: stub('EPLAN9'),
    interface: plan9,
    iprawsock: stub('EPLAN9'),
    ipsock: plan9,
    lookup: plan9,
    sendfile: copying,
    tcpsock: plan9,
    udpsock: plan9,
    unixsock: stub('EPLAN9'),
  },
}

// struct tcp_info and the TCP_ states of linux/tcp.h.
import { OpError } from '@net/contract'
import { UnsupportedError } from '@net/stubs'
import { platform } from '../abi/platform.ts'
import { system } from '../abi/system.ts'
import { getOption, type OptionSocket } from '../option/option.ts'

/** The state of a TCP connection (RFC 9293, section 3.3.2). */
export type TCPState =
  | 'established'
  | 'syn-sent'
  | 'syn-received'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'time-wait'
  | 'closed'
  | 'close-wait'
  | 'last-ack'
  | 'listen'
  | 'closing'
  | 'new-syn-received'

/** The state of a connection's congestion control: enum tcp_ca_state. */
export type CongestionState = 'open' | 'disorder' | 'cwr' | 'recovery' | 'loss'

type Numbers = Readonly<Record<TCPInfoNumber, number> & Record<TCPInfoNewerNumber, number | null>>

/**
 * What the kernel knows of a TCP connection: struct tcp_info, tcp(7). Counts are since the connection began.
 * A newer number is null where the running kernel does not tell it.
 */
export interface TCPInfo extends Numbers {
  /** The state of the connection: see {@link TCPState}. */
  readonly state: TCPState
  /** The state of its congestion control: see {@link CongestionState}. */
  readonly congestionState: CongestionState
  /** How many retransmissions there were of the segment that is unacknowledged now. */
  readonly retransmits: number
  /** How many window or keep-alive probes are unanswered. */
  readonly probes: number
  /** How often the retransmission timer has doubled. */
  readonly backoff: number
  /** RFC 7323 time stamps were negotiated. */
  readonly timestamps: boolean
  /** Selective acknowledgements were negotiated. */
  readonly selectiveAcks: boolean
  /** Window scaling was negotiated. */
  readonly windowScaling: boolean
  /** Explicit congestion notification was negotiated. */
  readonly ecn: boolean
  /** A packet with ECN's capable mark has come. */
  readonly ecnSeen: boolean
  /** The first segment brought data that was acknowledged (RFC 7413, fast open). */
  readonly synData: boolean
  /** Bits by which windows this end receives are shifted. */
  readonly sendWindowScale: number
  /** Bits by which windows this end advertises are shifted. */
  readonly receiveWindowScale: number
  /** Whether {@link deliveryRateBytesPerSecond} was held down by the application and not by the network. */
  readonly deliveryRateAppLimited: boolean
}

type Kind = 'u16' | 'u32' | 'u64'
type Fields = Readonly<Record<string, readonly [offset: number, kind: Kind]>>

// The kernel reports a threshold without limit as this number.
const TCP_INFINITE_SSTHRESH = 0x7fffffff

/*
 * The bytes before the first of these: state, ca_state, retransmits, probes, backoff, options, window scales of 4 bits
 * each, delivery_rate_app_limited of 1 bit and fastopen_client_fail of 2.
 */
const oldFields = {
  retransmissionTimeoutMicroseconds: [8, 'u32'],
  delayedAckTimeoutMicroseconds: [12, 'u32'],
  sendSegmentBytes: [16, 'u32'],
  receiveSegmentBytes: [20, 'u32'],
  unackedSegments: [24, 'u32'],
  sackedSegments: [28, 'u32'],
  lostSegments: [32, 'u32'],
  retransmittedSegmentsInFlight: [36, 'u32'],
  sinceLastDataSentMilliseconds: [44, 'u32'],
  sinceLastDataReceivedMilliseconds: [52, 'u32'],
  sinceLastAckReceivedMilliseconds: [56, 'u32'],
  pathMTUBytes: [60, 'u32'],
  receiveSlowStartThresholdBytes: [64, 'u32'],
  rttMicroseconds: [68, 'u32'],
  rttVarianceMicroseconds: [72, 'u32'],
  slowStartThresholdSegments: [76, 'u32'],
  congestionWindowSegments: [80, 'u32'],
  advertisedSegmentBytes: [84, 'u32'],
  reorderingSegments: [88, 'u32'],
  receiverRTTMicroseconds: [92, 'u32'],
  receiveSpaceBytes: [96, 'u32'],
  totalRetransmits: [100, 'u32'],
} as const satisfies Fields

const newerFields = {
  pacingRateBytesPerSecond: [104, 'u64'],
  maxPacingRateBytesPerSecond: [112, 'u64'],
  bytesAcked: [120, 'u64'],
  bytesReceived: [128, 'u64'],
  segmentsOut: [136, 'u32'],
  segmentsIn: [140, 'u32'],
  notSentBytes: [144, 'u32'],
  minRTTMicroseconds: [148, 'u32'],
  dataSegmentsIn: [152, 'u32'],
  dataSegmentsOut: [156, 'u32'],
  deliveryRateBytesPerSecond: [160, 'u64'],
  busyMicroseconds: [168, 'u64'],
  receiveWindowLimitedMicroseconds: [176, 'u64'],
  sendBufferLimitedMicroseconds: [184, 'u64'],
  deliveredSegments: [192, 'u32'],
  deliveredCESegments: [196, 'u32'],
  bytesSent: [200, 'u64'],
  bytesRetransmitted: [208, 'u64'],
  duplicateSACKs: [216, 'u32'],
  reorderingsSeen: [220, 'u32'],
  outOfOrderSegmentsReceived: [224, 'u32'],
  sendWindowBytes: [228, 'u32'],
  receiveWindowBytes: [232, 'u32'],
  rehashes: [236, 'u32'],
  totalTimeouts: [240, 'u16'],
  totalTimeoutRecoveries: [242, 'u16'],
  totalTimeoutMilliseconds: [244, 'u32'],
} as const satisfies Fields

/** The numbers that every kernel tells. The unit ends the name; what has none counts events. */
export type TCPInfoNumber = keyof typeof oldFields

/** The numbers that came with kernels since linux 3.15. */
export type TCPInfoNewerNumber = keyof typeof newerFields

const bytesOf: Readonly<Record<Kind, number>> = { u16: 2, u32: 4, u64: 8 }

const states: readonly TCPState[] = [
  'established',
  'syn-sent',
  'syn-received',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'closed',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
  'new-syn-received',
]
const congestionStates: readonly CongestionState[] = ['open', 'disorder', 'cwr', 'recovery', 'loss']

function number(view: DataView, offset: number, kind: Kind): number | null {
  if (offset + bytesOf[kind] > view.byteLength) return null
  if (kind === 'u16') return view.getUint16(offset, true)
  if (kind === 'u32') return view.getUint32(offset, true)
  const n = view.getBigUint64(offset, true)
  return n === 0xffffffff_ffffffffn ? Infinity : Number(n)
}

/**
 * Makes a {@link TCPInfo} of the bytes of a struct tcp_info, of as many as the kernel gave; a pacing rate or
 * slow start threshold without limit is Infinity.
 */
export function parseTCPInfo(bytes: Uint8Array): TCPInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const byte = (at: number): number => bytes[at] ?? 0
  const options = byte(5)
  const numbers = {} as { -readonly [K in keyof Numbers]: Numbers[K] }
  for (const [name, [offset, kind]] of Object.entries(oldFields)) {
    numbers[name as TCPInfoNumber] = number(view, offset, kind) ?? 0
  }
  for (const [name, [offset, kind]] of Object.entries(newerFields)) {
    numbers[name as TCPInfoNewerNumber] = number(view, offset, kind)
  }
  if (numbers.slowStartThresholdSegments === TCP_INFINITE_SSTHRESH)
    numbers.slowStartThresholdSegments = Infinity
  return {
    state: states[byte(0) - 1] ?? 'closed',
    congestionState: congestionStates[byte(1)] ?? 'open',
    retransmits: byte(2),
    probes: byte(3),
    backoff: byte(4),
    timestamps: (options & 1) !== 0,
    selectiveAcks: (options & 2) !== 0,
    windowScaling: (options & 4) !== 0,
    ecn: (options & 8) !== 0,
    ecnSeen: (options & 16) !== 0,
    synData: (options & 32) !== 0,
    sendWindowScale: byte(6) & 0xf,
    receiveWindowScale: byte(6) >> 4,
    deliveryRateAppLimited: (byte(7) & 1) !== 0,
    ...numbers,
  }
}

/**
 * Tells what the kernel knows of a TCP connection: round trip time, congestion window, retransmissions,
 * rates. On linux; the other kernels lay it out differently, or do not tell: there it throws an {@link
 * OpError} whose code is ENOTSUP. Throws the kernel's error for what is not a TCP socket.
 *
 * @example
 * ```ts
 * import { parseIP, TCPAddr } from '@net/addr'
 * import { listenTCPSync, posix, tcpInfo } from '@net/posix'
 *
 * const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0))
 * const conn = await posix().dialTCP('tcp', null, listener.addr)
 * if (process.platform === 'linux') console.log(tcpInfo(conn).state) // established
 * await Promise.all([conn.close(), listener.close()])
 * ```
 */
export function tcpInfo(conn: OptionSocket): TCPInfo {
  if (system?.has.tcpInfo !== true) {
    const cause = new UnsupportedError(`tcpInfo not supported by ${platform}`, 'ENOTSUP')
    throw new OpError('get', 'tcp', null, null, cause)
  }
  return parseTCPInfo(getOption(conn, 'TCP_INFO'))
}

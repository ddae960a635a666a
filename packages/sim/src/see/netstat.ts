/** A socket of a host as netstat tells of it. */
export interface SocketState {
  readonly protocol: 'tcp' | 'udp'
  /** The state of a TCP connection, or LISTEN; '' of UDP. */
  readonly state: string
  readonly local: string
  /** The peer; '*' where there is none. */
  readonly remote: string
  /** Bytes that came in and were not read yet; of a listener, connections that were not accepted yet. */
  readonly received: number
  /** Bytes that were written and are not acknowledged yet. */
  readonly sending: number
}

/** An address with its port: '10.0.0.1:80', '[fd00::1]:80'. */
export function endText({ addr, port }: { readonly addr: string; readonly port: number }): string {
  return addr.includes(':') ? `[${addr}]:${port}` : `${addr}:${port}`
}

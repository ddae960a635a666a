/** The states of RFC 9293 section 3.3.2; those that listen are no connections. */
export type State =
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED'

/** One end of a connection. */
export interface End {
  readonly addr: string
  readonly port: number
}

import type { DNSMessage } from '../src/dns/message.ts'

/** A reply without a question and without records. */
export const emptyReply: DNSMessage = {
  id: 1,
  response: true,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  authenticData: false,
  checkingDisabled: false,
  rcode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
}

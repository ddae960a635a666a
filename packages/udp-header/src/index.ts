/** The header of 52 bytes before each UDP datagram of Plan 9's "headers" mode. Pure: runs anywhere. */
export { UDPHeader, udpHeaderSize, unmarshalUDPHeader } from './header.ts'

/** What goes through connections as capture files, which Wireshark and tshark read, and what their packets are made of. */
export { Capture, tap, type CaptureSink } from './capture.ts'
export { checksumOf, sumOf } from './checksum.ts'
export { interfaceBlock, packetBlock, sectionBlock, type CapturedPacket } from './pcapng.ts'

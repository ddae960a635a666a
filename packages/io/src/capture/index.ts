/** What goes through connections as capture files, which Wireshark and tshark read. */
export { Capture, tap, type CaptureSink } from './capture.ts'
export { interfaceBlock, packetBlock, sectionBlock, type CapturedPacket } from './pcapng.ts'

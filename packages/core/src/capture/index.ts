/** What goes through connections as capture files, which Wireshark and tshark read. */
export { Capture, tap, type CaptureSink } from '@net/io/capture'

import { open } from 'node:fs/promises'
import type { Conn, Listener, PacketConn } from '@net/core'
import { Capture } from '@net/core/capture'
import { Option } from 'commander'
import type { Session } from '../session/session.ts'

/** The option of commands whose connections can be captured. */
export const captureOption = new Option(
  '--pcap <file>',
  'write all that goes through as pcapng, for Wireshark',
)

/** A capture of what goes through a command's connections, or none. */
export interface CaptureFile extends AsyncDisposable {
  /** Gives a connection that is captured, where that was asked for. */
  tap<C extends Conn | PacketConn>(conn: C): C
  /** Gives a listener whose connections are captured, where that was asked for. */
  listener(listener: Listener): Listener
}

const none: CaptureFile = {
  tap: (conn) => conn,
  listener: (listener) => listener,
  [Symbol.asyncDispose]: async () => {},
}

/** Opens the capture of `--pcap`; rejects when the file can't be written. One that fails later is told of. */
export async function captureFile(session: Session, file: string | undefined): Promise<CaptureFile> {
  if (file === undefined) return none
  const handle = await open(file, 'w')
  const capture = new Capture(handle)
  return {
    tap: (conn) => capture.tap(conn),
    listener: (listener) => capture.listener(listener),
    async [Symbol.asyncDispose]() {
      await handle.close()
      if (capture.error !== null) session.fail(capture.error)
    },
  }
}

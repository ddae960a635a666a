import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServerProcess } from './server_process.ts'

/** Where dbus-daemon is, or null. It is in Debian's package dbus-daemon. */
export const dbusPath = ['/usr/bin/dbus-daemon'].find(existsSync) ?? null

/** Starts a message bus that lets its own user say everything to everybody, at the Unix socket `bus` in its folder. */
export function startDBus(path: string): Promise<ServerProcess> {
  return ServerProcess.start({
    path,
    ready: /^unix:path=/,
    signal: 'SIGKILL',
    args(_port, dir) {
      const file = join(dir, 'bus.conf')
      writeFileSync(
        file,
        `<busconfig><type>session</type><listen>unix:path=${join(dir, 'bus')}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>`,
      )
      return [`--config-file=${file}`, '--nofork', '--print-address']
    },
  })
}

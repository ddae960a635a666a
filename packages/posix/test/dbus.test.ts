import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { UnixAddr } from '@net/addr'
import { ledger } from '@net/contract/suite'
import { keepLeaks } from '@net/io'
import { FDStream, listenTCPSync, peerCred, posix } from '../src/index.ts'
import { call } from './dbus.ts'
import { missing, Peer } from './peer.ts'

await listenTCPSync('tcp', null).close()
const check = ledger(keepLeaks())
const dir = mkdtempSync(join(tmpdir(), 'net-dbus-'))
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await check()
})

const noDaemon = missing('dbus-daemon', '--version')
const bus = 'org.freedesktop.DBus'

/** Collects what a stream brings until it has what is looked for. */
async function until(s: FDStream, what: RegExp): Promise<RegExpExecArray> {
  let all = ''
  for (;;) {
    const [p] = (await once(s, 'data')) as [Buffer]
    all += p.toString('latin1')
    const found = what.exec(all)
    if (found !== null) return found
  }
}

test.skipIf(noDaemon !== '')(
  `an FDStream passes a descriptor through a D-Bus daemon ${noDaemon}`,
  async () => {
    const path = join(dir, 'bus')
    const config = join(dir, 'bus.conf')
    writeFileSync(
      config,
      `<busconfig><type>session</type><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
     <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
    )
    await using daemon = new Peer('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address'])
    expect(await daemon.line()).toContain(path)
    const conn = await posix().dialUnix('unix', null, new UnixAddr(path, 'unix'))
    expect(peerCred(conn).pid).toBe(daemon.child.pid)
    const s = new FDStream(conn)
    const uid = Buffer.from(String(process.getuid?.())).toString('hex')
    s.write(`\0AUTH EXTERNAL ${uid}\r\n`)
    await until(s, /^OK /)
    s.write('NEGOTIATE_UNIX_FD\r\n')
    await until(s, /^AGREE_UNIX_FD/)
    s.write('BEGIN\r\n')
    s.write(
      call(1, [
        [1, 'o', '/org/freedesktop/DBus'],
        [2, 's', bus],
        [3, 's', 'Hello'],
        [6, 's', bus],
      ]),
    )
    const [name] = await until(s, /:\d+\.\d+/)
    const file = join(dir, 'file')
    writeFileSync(file, 'through the bus')
    const fd = openSync(file, 'r')
    const came = once(s, 'fds')
    s.resume()
    const message = call(
      2,
      [
        [1, 'o', '/self'],
        [3, 's', 'Take'],
        [6, 's', name],
        [8, 'g', 'h'],
        [9, 'u', 1],
      ],
      Buffer.alloc(4), // the first of its descriptors
    )
    s.writeWithFds(message, [fd], () => closeSync(fd))
    const [[got = -1]] = (await came) as [number[]]
    const p = new Uint8Array(100)
    expect(new TextDecoder().decode(p.subarray(0, readSync(got, p)))).toBe('through the bus')
    closeSync(got)
    s.destroy()
    await once(s, 'close')
  },
)

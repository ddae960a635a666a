// The child of idle.test.ts: traffic first, so that whatever can stay awake has been woken, then nothing.
import { parseIP, TCPAddr, UDPAddr, UnixAddr } from '@net/addr'
import { listenTCPSync, listenUDPSync, listenUnixSync, posix } from '@net/posix'

const loopback = parseIP('127.0.0.1')
const target = posix()
const listener = listenTCPSync('tcp', new TCPAddr(loopback, 0))
const p = new Uint8Array(64)
const ends = []
for (let i = 0; i < 10; i++) {
  const [a, b] = await Promise.all([target.dialTCP('tcp', null, listener.addr), listener.accept()])
  ends.push(a, b)
  for (let round = 0; round < 50; round++) {
    await Promise.all([b.read(p), a.write(p)])
    await Promise.all([a.read(p), b.write(p)])
  }
}

const waiting = [
  listener.accept(),
  listenUnixSync('unix', new UnixAddr(`@net-idle-${process.pid}`, 'unix')).accept(),
  listenUDPSync('udp', new UDPAddr(loopback, 0)).readFrom(new Uint8Array(64)),
  ...ends.map((c) => c.read(new Uint8Array(64))),
]
void Promise.race(waiting).then(() => process.send('something happened'))

// The spin that follows the traffic may take its time to end.
setTimeout(() => process.send(listener.addr.port), 100)

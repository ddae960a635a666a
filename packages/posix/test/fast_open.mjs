// Runs in a network namespace, where it may turn fast open on for servers, and prints a line of JSON for each connection.
import { writeFileSync } from 'node:fs'
import { parseIP, TCPAddr } from '@net/addr'
import { getOption, listenTCPSync, posix, setOption, tcpInfo } from '@net/posix'

writeFileSync('/proc/sys/net/ipv4/tcp_fastopen', '3') // 1 for clients, 2 for servers
const listener = listenTCPSync('tcp', new TCPAddr(parseIP('127.0.0.1'), 0), {
  control: (_network, _address, raw) => {
    setOption(raw, 'TCP_FASTOPEN', 16)
  },
})
let controls = 0
for (let i = 0; i < 3; i++) {
  const c = await posix().dialTCP('tcp', null, listener.addr, {
    control: (_network, _address, raw) => {
      controls++
      setOption(raw, 'TCP_FASTOPEN_CONNECT', true)
    },
  })
  const { state } = tcpInfo(c)
  const read = c.read(Buffer.alloc(16)) // waits, as nothing has been written
  const large = Buffer.alloc(300_000, 1)
  const [, s] = await Promise.all([c.write(Buffer.from('hello')), listener.accept()])
  const p = Buffer.alloc(16)
  const n = await s.read(p)
  const writing = c.writev([large])
  await s.write(p.subarray(0, n))
  let got = 0
  while (got < large.length) got += await s.read(Buffer.alloc(65536))
  await writing
  const line = {
    state,
    remote: c.remoteAddr.toString() === listener.addr.toString(),
    synData: [tcpInfo(c).synData, tcpInfo(s).synData],
    text: p.toString('latin1', 0, n),
    read: await read,
    got,
    qlen: getOption(listener, 'TCP_FASTOPEN'),
    controls,
  }
  console.log(JSON.stringify(line))
  await Promise.all([c.close(), s.close()])
}
await listener.close()

// An export in a program that may have few descriptors; shares.test.ts starts it. It tells its port, and, asked,
// whether the program's own calls work: 40 descriptors more at once.
import { closeSync, openSync } from 'node:fs'
import { parseIP, TCPAddr } from '@net/addr'
import { exportNet } from '@net/netfs'
import { posix } from '@net/posix'

const OWN = 20 // connections, of which this process has both ends

const target = posix({ spin: 'off' })
const address = new TCPAddr(parseIP('127.0.0.1'), 0)
const exported = await target.listenTCP('tcp4', address)
const net = exportNet(target, exported)
const listener = await target.listenTCP('tcp4', address)

async function own() {
  const conns = []
  const files = []
  try {
    for (let i = 0; i < OWN; i++) {
      conns.push(await target.dialTCP('tcp4', null, listener.addr), await listener.accept())
      files.push(openSync(process.execPath, 'r'))
    }
    return 'done'
  } catch (e) {
    return e.message
  } finally {
    for (const fd of files) closeSync(fd)
    await Promise.all(conns.map((conn) => conn.close()))
  }
}

process.on('message', async () => {
  const { sessions, conversations } = net.activity
  process.send({ own: await own(), sessions, conversations })
})
process.on('disconnect', () => {
  void net.close()
  void listener.close()
})
process.send({ port: exported.addr.port })

// A file that is sent from the page cache: `sendFile PORT PATH`, `copy PORT PATH`, `pipe PORT PATH`, each until the receiver has
// seen the end.
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect } from 'node:net'
import { parseIP, TCPAddr } from '@net/addr'
import { allocBuffer, posix } from '@net/posix'
import { play } from './role.mjs'

const CHUNK = 65536 // bytes

const timed = (work) => ({
  async command() {
    const start = performance.now()
    await work()
    return { ms: performance.now() - start }
  },
})

const overKernel = (send) => (port, path) =>
  timed(async () => {
    const c = await posix().dialTCP('tcp', null, new TCPAddr(parseIP('127.0.0.1'), Number(port)))
    const file = await open(path)
    await send(c, file)
    await c.closeWrite()
    await c.read(new Uint8Array(1))
    await file.close()
    await c.close()
  })

async function copy(c, file) {
  const p = allocBuffer(CHUNK)
  for (;;) {
    const { bytesRead } = await file.read(p, 0, CHUNK, null)
    if (bytesRead === 0) return
    await c.write(p.subarray(0, bytesRead))
  }
}

const pipe = (port, path) =>
  timed(async () => {
    const socket = connect(Number(port), '127.0.0.1').resume()
    createReadStream(path).pipe(socket)
    await once(socket, 'close')
  })

await play({ sendFile: overKernel((c, file) => c.sendFile(file)), copy: overKernel(copy), pipe })

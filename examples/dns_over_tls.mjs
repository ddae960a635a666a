// Names by DNS over TLS. node dns_over_tls.mjs server server-name name [file of certificates]
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { Resolver } from '@net/core'
import { argumentsOf } from './command.mjs'

const form = 'dns_over_tls.mjs server server-name name [file of certificates]'
const [host = '', servername = '', name = '', certificates] = argumentsOf(form, 3, 4)
const trust = certificates === undefined ? {} : { ca: readFileSync(certificates) }

// A connection without readFrom is a stream of bytes to the resolver, whatever was asked for.
/** @type {NonNullable<import('@net/core').ResolverOptions['dial']>} */
async function dial(_network, _address, { signal, deadline }) {
  const socket = connect({ host, port: 853, servername, ...trust })
  const setDeadline = (/** @type {number | Date | null} */ t) =>
    void socket.setTimeout(Math.max(Number(t) - Date.now(), 1), () =>
      socket.destroy(new Error('i/o timeout')),
    )
  setDeadline(deadline)
  await once(socket, 'secureConnect', { signal }).catch((e) => {
    socket.destroy()
    throw e
  })
  return {
    setDeadline,
    async read(p) {
      while (socket.readableLength === 0) {
        if (socket.readableEnded) return null
        await once(socket, 'readable')
      }
      const chunk = socket.read(Math.min(p.length, socket.readableLength))
      p.set(chunk)
      return chunk.length
    },
    write: (p) => new Promise((resolve) => socket.write(p, () => resolve(p.length))),
    close: async () => void socket.destroy(),
  }
}

const resolver = new Resolver({
  dial,
  preferSystem: false,
  resolvConf: { servers: [`${host}:853`], attempts: 1 },
})
try {
  for (const addr of await resolver.lookupHost(name)) console.log(addr)
} catch (e) {
  console.log(e instanceof Error ? e.message : e)
  process.exitCode = 1
}

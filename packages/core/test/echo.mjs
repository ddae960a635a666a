// Says which target this process has, after an echo through it.
import { defaultNet, dial, listen } from '@net/core'

const { name, fallbackCause } = defaultNet().target
const listener = await listen('tcp', '127.0.0.1:0')
const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
await client.write(new TextEncoder().encode('hello'))
const p = new Uint8Array(16)
const n = (await server.read(p)) ?? 0
await Promise.all([client.close(), server.close(), listener.close()])
const cause = /** @type {{ code?: string } | undefined} */ (fallbackCause?.cause)
console.log(
  JSON.stringify({
    name,
    echo: new TextDecoder().decode(p.subarray(0, n)),
    message: fallbackCause?.message,
    code: cause?.code,
  }),
)

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What every request to a {@link pageServer} is answered with. */
export const page = randomBytes(1 << 20)

/** A web server on loopback that knows one page. */
export async function pageServer(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_req, res) => res.end(page)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

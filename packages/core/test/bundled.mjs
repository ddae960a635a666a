// The program that tests make bundles of: it dials and listens, and prints the name of the target. A CommonJS module has no
// top-level await.
import { defaultNet, dial, listen } from '@net/core'

async function main() {
  const listener = await listen('tcp', '127.0.0.1:0')
  const [client, server] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
  await Promise.all([client.close(), server.close(), listener.close()])
  console.log(defaultNet().target.name)
}

void main()

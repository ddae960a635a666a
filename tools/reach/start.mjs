// What a process has cost at its end, in µs of CPU: of one that does nothing, or with the argument `echo` of one that imports
// @net/core and sends a word to itself.
import process from 'node:process'

if (process.argv[2] === 'echo') {
  const { dial, listen } = await import('@net/core')
  const listener = await listen('tcp', '127.0.0.1:0')
  const [c, d] = await Promise.all([dial('tcp', listener.addr.toString()), listener.accept()])
  await c.write(new TextEncoder().encode('hello'))
  await d.read(new Uint8Array(5))
  for (const open of [c, d, listener]) await open.close()
}
const { user, system } = process.cpuUsage()
console.log(JSON.stringify(user + system))

// One soak in a process of its own, as run.mjs starts it: `node one.mjs NAME short|full`. It sends what it found, and
// ends by itself: what is left open after a soak that went well keeps it from that, and is told by the bound on its time.
import { isEnclosed } from '@net/peers'

const [name, form] = process.argv.slice(2)
if (!isEnclosed()) throw new Error('this network has a way out: start it by run.mjs')
// Node makes the handles of these when they are first asked for, once for the process: no soak has left them open.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
const { soak } = await import(`./${name}.mjs`)
try {
  process.send(await soak.run({ short: form === 'short' }))
  process.disconnect()
} catch (e) {
  console.error(e)
  process.send({ good: false, figures: e.message }, () => process.exit())
}

// One soak in a process of its own, as run.mjs starts it: `node one.mjs NAME short|full`. It sends what it found.
import { isEnclosed } from '@net/peers'

const [name, form] = process.argv.slice(2)
if (!isEnclosed()) throw new Error('this network has a way out: start it by run.mjs')
const { soak } = await import(`./${name}.mjs`)
let result
try {
  result = await soak.run({ short: form === 'short' })
} catch (e) {
  console.error(e)
  result = { good: false, figures: e.message }
}
process.send(result)
process.disconnect()

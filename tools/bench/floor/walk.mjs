// The least that reading an address takes in JavaScript: to look at each of its characters once.
import { addressesIn, parseAll, play } from '../peers/role.mjs'

function walk(s) {
  let sum = 1
  for (let i = 0; i < s.length; i++) sum += s.charCodeAt(i)
  return sum > 0
}

async function parse(file) {
  const addresses = await addressesIn(file)
  return { command: (times) => parseAll(addresses, times, walk) }
}

await play({ parse })

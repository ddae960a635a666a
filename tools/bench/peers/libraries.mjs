// Reading addresses with libraries of others: `parse FILE LIBRARY`.
import { Address4, Address6 } from 'ip-address'
import ipaddr from 'ipaddr.js'
import { addressesIn, parseAll, play } from './role.mjs'

const libraries = {
  'ipaddr.js': (s) => ipaddr.parse(s).kind() !== '',
  'ip-address': (s) => (s.includes(':') ? new Address6(s) : new Address4(s)).parsedAddress.length > 0,
}

async function parse(file, library) {
  const addresses = await addressesIn(file)
  return { command: (times) => parseAll(addresses, times, libraries[library]) }
}

await play({ parse })

import { isError } from '@net/contract'
import { joinHostPort, type Net } from '@net/core'
import { isNetwork } from '../session/place.ts'
import type { Session } from '../session/session.ts'
import { UsageError } from '../session/usage_error.ts'

const AT_ONCE = 64 // connections that are tried side by side

/**
 * Tells for each port of a host whether it takes connections of TCP, in the order in which they are given:
 * '80', 'http', '8000-8010'. The command has failed when one of them does not.
 */
export async function checkPorts(
  session: Session,
  net: Net,
  words: readonly string[],
  timeout: number | undefined,
): Promise<void> {
  const [network, host, ...wanted] = isNetwork(words[0] ?? '') ? words : ['tcp', ...words]
  if (!network?.startsWith('tcp')) throw new UsageError('-z is for ports of TCP')
  if (host === undefined || wanted.length === 0) throw new UsageError('-z wants a host and ports')
  const ports = wanted.flatMap(portsOf)
  const { signal } = session.ending
  const check = async (port: string): Promise<Error | null> => {
    try {
      const conn = await net.dial(network, joinHostPort(host, port), { timeout, signal })
      await conn.close()
      return null
    } catch (e) {
      session.ending.throwIfOver()
      return e as Error
    }
  }
  for (let at = 0; at < ports.length; at += AT_ONCE) {
    const some = ports.slice(at, at + AT_ONCE)
    for (const [i, error] of (await Promise.all(some.map(check))).entries()) {
      const port = some[i] ?? ''
      const found = { network, host, port, open: error === null }
      if (error === null) {
        session.answer([`${port} open`], found)
      } else {
        session.answer([`${port} closed: ${reasonOf(error)}`], { ...found, error: error.message })
        session.fail()
      }
    }
  }
}

// The innermost error is enough: the line begins with the port, and the outer ones repeat the address.
function reasonOf(error: Error): string {
  return isError(error.cause) ? reasonOf(error.cause) : error.message
}

function portsOf(word: string): string[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(word) ?? []
  if (first === undefined || last === undefined) return [word]
  const [from, to] = [Number(first), Number(last)]
  if (from > to || to > 65535) throw new UsageError(`${word} is no range of ports`)
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i))
}

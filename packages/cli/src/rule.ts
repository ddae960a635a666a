import type { Rule } from '@net/core/plan9'
import { UsageError } from './usage.ts'

const FORM = /^(?:(connect|announce),)?(?:(tcp|udp|\*)!)?([^!]+)(?:!(\*|\d+)(?:-(\d+))?)?$/

/**
 * Reads a rule for what clients of an export may reach: `[operation,][network!]address[!port[-port]]`, `*` for any, as
 * `tcp!10.0.0.0/8!80-443`, `announce,*`, `private`.
 */
export function parseRule(action: 'allow' | 'deny', text: string): Rule {
  const [, operation, network, address, first, last] = FORM.exec(text) ?? []
  if (address === undefined) {
    throw new UsageError(
      `--${action} wants [connect,|announce,][tcp!|udp!]address[!port[-port]], not ${text}`,
    )
  }
  return {
    action,
    operation: operation as Rule['operation'],
    network: network === '*' ? undefined : (network as Rule['network']),
    address: address === '*' ? undefined : address,
    port: first === undefined || first === '*' ? undefined : [Number(first), Number(last ?? first)],
  }
}

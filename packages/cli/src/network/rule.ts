import type { Rule } from '@net/core/plan9'
import { InvalidArgumentError, Option } from 'commander'

/** How a rule is written, for help. */
export const ruleForms = `A rule is [connect,|announce,][tcp!|udp!]address[!port[-port]]
  tcp!10.0.0.0/8!80-443   these ports of a network
  announce,*              listening, anywhere
  private                 or: loopback, link-local, multicast, an address`

const FORM = /^(?:(connect|announce),)?(?:(tcp|udp|\*)!)?([^!]+)(?:!(\*|\d+)(?:-(\d+))?)?$/

/**
 * Reads a rule for what clients of an export may reach: `[operation,][network!]address[!port[-port]]`, `*`
 * for any, as `tcp!10.0.0.0/8!80-443`, `announce,*`, `private`.
 */
function parseRule(action: 'allow' | 'deny', text: string): Rule {
  const [, operation, network, address, first, last] = FORM.exec(text) ?? []
  if (address === undefined) {
    throw new InvalidArgumentError('It is [connect,|announce,][tcp!|udp!]address[!port[-port]].')
  }
  return {
    action,
    operation: operation as Rule['operation'],
    network: network === '*' ? undefined : (network as Rule['network']),
    address: address === '*' ? undefined : address,
    port: first === undefined || first === '*' ? undefined : [Number(first), Number(last ?? first)],
  }
}

/**
 * The options that bring rules, for one call: the value of either is all rules, in the order in which they
 * were given.
 */
export function ruleOptions(): Option[] {
  const rules: Rule[] = []
  return (['allow', 'deny'] as const).map((action) =>
    new Option(`--${action} <rule>`, `${action} clients what the rule names; may be given again`).argParser(
      (text) => {
        rules.push(parseRule(action, text))
        return rules
      },
    ),
  )
}

import { Validator } from '@cfworker/json-schema'
import { asError } from '@net/contract'
import { SimNetwork, type HostOptions, type Weather, type Zone } from '@net/sim'
import { LocatedJSON, syntaxProblem, within, type Problem } from './located_json.ts'
import { topologySchema } from './topology_schema.ts'

type Named<T> = Readonly<Record<string, T>>

/** What the schema lets through. */
interface Topology {
  readonly seed?: number | string
  readonly hosts?: Named<HostOptions>
  readonly routers?: Named<HostOptions>
  readonly dns?: Named<HostOptions & { readonly zone: Zone; readonly origin?: string }>
  readonly switches?: Named<Weather & { readonly hosts: readonly string[] }>
  readonly links?: readonly (Weather & {
    readonly between: readonly [string, string]
    readonly there?: Weather
    readonly back?: Weather
  })[]
}

/** A file that is no topology: what is wrong with it, in its order. */
export class TopologyError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('; '))
    this.problems = problems
  }
}

/** Makes the network that a text of JSON describes, in real time. Throws a {@link TopologyError} for what is none. */
export function readTopology(text: string): SimNetwork {
  const json = read(text)
  check(json)
  const topology = json.value as Topology
  const sim = new SimNetwork({ seed: topology.seed, clock: 'real' })
  try {
    build(sim, topology, json)
    return sim
  } catch (e) {
    sim.close()
    throw e
  }
}

function read(text: string): LocatedJSON {
  try {
    return new LocatedJSON(text)
  } catch (e) {
    throw new TopologyError([syntaxProblem(e)])
  }
}

// An error of what holds others only says that there are some.
const HOLDING = new Set(['properties', 'additionalProperties', 'items', '$ref'])

function check(json: LocatedJSON): void {
  const { errors } = new Validator(topologySchema, '2020-12', false).validate(json.value)
  const problems = errors
    .filter(({ keyword }) => !HOLDING.has(keyword))
    .map(({ keyword, instanceLocation, error }) => {
      const path = decodeURI(instanceLocation.slice(1))
      const message = keyword === 'false' ? 'there is nothing of this name' : error.replace(/\.$/, '')
      return { line: json.lineOf(path), path, message }
    })
  if (problems.length > 0) throw new TopologyError(problems.sort((a, b) => a.line - b.line))
}

function build(sim: SimNetwork, topology: Topology, json: LocatedJSON): void {
  const { hosts = {}, routers = {}, dns = {}, switches = {}, links = [] } = topology
  const make = (path: string, what: () => unknown): void => {
    try {
      what()
    } catch (e) {
      throw new TopologyError([{ line: json.lineOf(path), path, message: asError(e).message }])
    }
  }
  const each = <T>(kind: string, of: Named<T>, what: (name: string, options: T) => unknown): void => {
    for (const [name, options] of Object.entries(of))
      make(within(`/${kind}`, name), () => what(name, options))
  }
  each('hosts', hosts, (name, options) => sim.host(name, options))
  each('routers', routers, (name, options) => sim.router(name, options))
  each('dns', dns, (name, options) => sim.dns(name, options))
  each('switches', switches, (name, { hosts: members, ...weather }) => sim.switch(name, members, weather))
  for (const [i, { between, there = {}, back = {}, ...weather }] of links.entries()) {
    make(`/links/${i}`, () => {
      const link = sim.link(...between, weather)
      link.set(there, 'there')
      link.set(back, 'back')
    })
  }
}

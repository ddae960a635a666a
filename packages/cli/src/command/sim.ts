import { readFileSync } from 'node:fs'
import type { Target } from '@net/core'
import type { SimNetwork } from '@net/sim'
import { InvalidArgumentError, Option } from 'commander'
import { define } from '../session/command.ts'
import { dialString, serve, type Export } from '../network/exporter.ts'
import { whereForms, whereOf } from '../session/place.ts'
import type { Session, SessionOptions } from '../session/session.ts'
import { asked, count, Status } from '../session/status.ts'
import { readTopology, TopologyError } from '../network/topology.ts'
import { topologySchema } from '../network/topology_schema.ts'
import { size } from '../relay/traffic.ts'
import { UsageError } from '../session/usage_error.ts'

/** A host, and where its network is to be exported. */
type Exported = readonly [host: string, where: string]

interface SimOptions extends SessionOptions {
  readonly export?: readonly Exported[]
  readonly schema?: boolean
}

/** `netx sim`: simulates a network that a file describes, and exports the networks of its hosts, until it is asked to end. */
export const sim = define<SimOptions>({
  name: 'sim',
  summary: 'simulate a network of hosts and links, and export it',
  description:
    'Simulates the network that a file of JSON describes, in real time, and serves what its hosts see of it as a Plan 9 /net ' +
    'each, until it is asked to end by SIGINT or SIGTERM.',
  argument: ['[topology]', 'the file; what it may say is what --schema prints'],
  options: () => [exportOption(), new Option('--schema', 'print the JSON schema of the file')],
  timeout: 'how long it runs',
  notes: whereForms,
  examples: [
    ["netx sim topology.json --export 'a=unix!a.net' --export 'b=unix!b.net'", 'exports the hosts a and b'],
    ["netx dial --net 'unix!a.net' b 80", 'dials from a to b'],
  ],
  work: run,
})

function exportOption(): Option {
  const exported: Exported[] = []
  const option = new Option('--export <host=where>', 'export the network of a host there; may be given again')
  return option.argParser((text) => {
    const [, host, where] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (host === undefined || where === undefined) throw new InvalidArgumentError('It is host=where.')
    exported.push([host, where])
    return exported
  })
}

async function run(session: Session, [file]: readonly string[], options: SimOptions): Promise<void> {
  if (options.schema === true) {
    await session.write(Buffer.from(`${JSON.stringify(topologySchema, null, 2)}\n`))
    return
  }
  if (file === undefined) throw new UsageError('sim wants a file, or --schema')
  if (options.export === undefined) throw new UsageError('sim wants --export')
  const wanted = options.export.map(([host, where]) => [host, whereOf('sim', [where])] as const)
  try {
    using network = readTopology(readFileSync(file, 'utf8'))
    await simulate(session, network, wanted)
  } catch (e) {
    if (!(e instanceof TopologyError)) throw e
    for (const { line, path, message } of e.problems)
      session.say(`netx: ${file}:${line}: ${path === '' ? '' : `${path}: `}${message}`, {
        error: message,
        file,
        line,
        path,
      })
    session.fail()
  }
}

async function simulate(session: Session, network: SimNetwork, wanted: readonly Exported[]): Promise<void> {
  const targets = wanted.map(([host, where]) => [host, where, targetOf(network, host)] as const)
  await using exports = new Exports()
  for (const [host, where, target] of targets) {
    const at = dialString((await exports.add(target, where)).listener.addr)
    session.say(`exporting /net of ${host} at ${at}`, { event: 'exporting', host, address: at })
  }
  using _status = new Status(session, () => {
    const { sessions, bytesRead, bytesWritten } = exports.activity
    const packets = network.trace.count
    return [
      `${count(sessions, 'session')}, ${size(bytesRead)} read, ${size(bytesWritten)} written, ${count(packets, 'packet')} seen`,
      { sessions, bytesRead, bytesWritten, packets },
    ]
  })
  await asked(exports.done, session.ending)
}

function targetOf(network: SimNetwork, name: string): Target {
  const host = network.hosts.find((each) => each.name === name)
  if (host === undefined) throw new Error(`there is no host ${name} to export`)
  return host.target
}

/** The exports of one simulation. */
class Exports implements AsyncDisposable {
  readonly #exports: Export[] = []

  async add(target: Target, where: string): Promise<Export> {
    const made = await serve(target, where)
    this.#exports.push(made)
    return made
  }

  /** Rejects when one of them fails. */
  get done(): Promise<void> {
    return Promise.all(this.#exports.map(({ net }) => net.done)).then(() => {})
  }

  /** What all of them do. */
  get activity(): { readonly sessions: number; readonly bytesRead: number; readonly bytesWritten: number } {
    const sum = (of: 'sessions' | 'bytesRead' | 'bytesWritten'): number =>
      this.#exports.reduce((n, { net }) => n + net.activity[of], 0)
    return { sessions: sum('sessions'), bytesRead: sum('bytesRead'), bytesWritten: sum('bytesWritten') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#exports.map(({ net }) => net.close()))
  }
}

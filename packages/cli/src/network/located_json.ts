import { evaluate, parse, type MemberNode, type ValueNode } from '@humanwhocodes/momoa'
import { isError } from '@net/contract'

/** What is wrong with a file of JSON, and where. */
export interface Problem {
  /** The line, from 1 on. */
  readonly line: number
  /** The way there as a JSON pointer (RFC 6901): '/links/0/loss'; '' for the whole. */
  readonly path: string
  /** What is wrong. */
  readonly message: string
}

/** A text of JSON that knows on which line what stands. */
export class LocatedJSON {
  /** What it says. */
  readonly value: unknown
  readonly #body: ValueNode

  /** Reads a text. Throws for one that is no JSON what {@link syntaxProblem} makes a problem of. */
  constructor(text: string) {
    const { body } = parse(text)
    this.#body = body
    this.value = evaluate(body)
  }

  /** The line of what a pointer leads to, or of the last thing on the way that is there. */
  lineOf(path: string): number {
    let node = this.#body
    for (const step of stepsOf(path)) {
      const next = childOf(node, step)
      if (next === null) break
      node = next
    }
    return node.loc.start.line
  }
}

/** What is wrong with a text that {@link LocatedJSON} could not read. */
export function syntaxProblem(e: unknown): Problem {
  const line = isError(e) && 'line' in e && typeof e.line === 'number' ? e.line : 1
  // The reader repeats the place behind what it says.
  const message = isError(e) ? e.message.replace(/ \(\d+:\d+\)$/, '') : String(e)
  return { line, path: '', message }
}

/** The pointer to what is called `name` within what `path` leads to. */
export function within(path: string, name: string | number): string {
  return `${path}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function stepsOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function childOf(node: ValueNode, step: string): ValueNode | null {
  if (node.type === 'Array') return node.elements[Number(step)]?.value ?? null
  if (node.type !== 'Object') return null
  return node.members.find((member) => nameOf(member) === step)?.value ?? null
}

function nameOf({ name }: MemberNode): string {
  return name.type === 'String' ? name.value : name.name
}

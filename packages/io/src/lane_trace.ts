// What lanes tell of their operations. An operation is described as an error of it would be: by its owner.
import { ErrClosed, OpError } from '@net/contract'
import { described, isTraced, log, traced, type TracedKind, type TraceMessage } from './trace.ts'

export { isLaneTraced } from './trace.ts'

/** What the owner of a lane is here. */
interface Owner {
  opError(op: string, cause: Error): Error
}

const kinds = new Map<string, TracedKind>([
  ['accept', 'accept'],
  ['read', 'read'],
  ['write', 'write'],
  ['writev', 'write'],
  ['readfrom', 'write'], // sendFile, by its name in Go
])

function messageOf(owner: Owner, op: string): TraceMessage {
  const error = owner.opError(op, ErrClosed)
  if (!(error instanceof OpError)) return { op, net: '', source: null, addr: null }
  const { net, source, addr } = error
  return { op, net, source, addr }
}

/** Runs an operation of a lane and tells of it; one of which no kind is traced just runs. */
export function tracedOp<T>(
  owner: Owner,
  op: { readonly name: string; readonly isWaiting: boolean },
  run: () => Promise<T>,
): Promise<T> {
  const kind = kinds.get(op.name)
  if (kind === undefined || !isTraced(kind)) return run()
  const message = messageOf(owner, op.name)
  return traced(
    kind,
    () => message,
    () => {
      const promise = run()
      message.waited = op.isWaiting
      if (op.isWaiting) log(`${described(message)} waits`)
      return promise
    },
  )
}

const closed = new WeakSet<Owner>()

/** Tells that a lane is closed, once for the lanes of one owner. */
export function tracedClose(owner: Owner): void {
  if (!isTraced('close') || closed.has(owner)) return
  closed.add(owner)
  void traced(
    'close',
    () => messageOf(owner, 'close'),
    async () => {},
  )
}

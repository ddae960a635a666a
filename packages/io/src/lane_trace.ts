// What lanes tell of their operations. An operation is described as an error of it would be: by its owner.
import { ErrClosed, isErr, OpError } from '@net/contract'
import { keepsLeaks, noteClosed, noteOpened } from './leak.ts'
import { openedBy } from './opener.ts'
import {
  described,
  isLaneTraced,
  isTraced,
  log,
  traced,
  type TracedKind,
  type TraceMessage,
} from './trace.ts'

/** What the owner of a lane is here. */
interface Owner {
  opError(op: string, cause: Error): Error
}

/** What an operation is here. */
interface TracedOp {
  readonly name: string
  readonly isWaiting: boolean
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

/** Notes that the owner of a lane is open, for whoever asks for leaks. */
export function noteLane(owner: Owner): void {
  if (keepsLeaks()) noteOpened(owner, nameOf)
}

/** Whether anybody wants to know of operations that went into a lane, or of who has accepted what. */
export function isLaneFollowed(): boolean {
  return isLaneTraced() || keepsLeaks()
}

// What the owner of a lane is, as errors have it: 'tcp 127.0.0.1:1->127.0.0.1:2'.
function nameOf(owner: Owner): string {
  return described(messageOf(owner, ''))
}

/**
 * Runs an operation of a lane and tells of it; one of which no kind is traced just runs. Who accepts is who has opened what comes.
 */
export function tracedOp<T>(owner: Owner, op: TracedOp, run: () => Promise<T>): Promise<T> {
  if (keepsLeaks() && op.name === 'accept') return openedBy(tracedOp, () => told(owner, op, run))
  return told(owner, op, run)
}

function told<T>(owner: Owner, op: TracedOp, run: () => Promise<T>): Promise<T> {
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

/** Tells that a lane is closed, once for the lanes of one owner; one that broke is not. */
export function tracedClose(owner: Owner, cause: Error, isFirst: boolean): void {
  if (!isErr(cause, ErrClosed)) return
  noteClosed(owner)
  if (!isFirst || !isTraced('close') || closed.has(owner)) return
  closed.add(owner)
  void traced(
    'close',
    () => messageOf(owner, 'close'),
    async () => {},
  )
}

/** The first Node that runs no microtasks behind a call of libuv's. */
const LAZY = 25

/**
 * What a watch calls, so that the promises which `f` settles go on at once. Newer Nodes leave that to the
 * next thing that their event loop runs: an immediate is just behind.
 */
export function withMicrotasks(f: () => void): () => void {
  if (Number.parseInt(process.versions.node, 10) < LAZY) return f
  return () => {
    f()
    setImmediate(nothing)
  }
}

function nothing(): void {
  // The function is empty: the host runs the waiting microtasks after it, which is all that is wanted.
}

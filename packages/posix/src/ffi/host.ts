/**
 * The JavaScript host whose event loop cannot watch a descriptor for us, 'Bun' or 'Deno', else null. They
 * load the foreign function interface, but lack libuv's uv_poll: Bun ends the process when it is called
 * (https://github.com/oven-sh/bun/issues/18546), in Deno it never tells.
 */
export function foreignHost(): 'Bun' | 'Deno' | null {
  if (process.versions.bun !== undefined) return 'Bun'
  return process.versions.deno === undefined ? null : 'Deno'
}

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

let main: boolean | undefined

/**
 * Whether this is the main thread. The process is asked when somebody first wants to know, as an import of node:worker_threads
 * would load Node's streams too, with every program that imports this package.
 */
export function isMainThread(): boolean {
  return (main ??= process.getBuiltinModule('node:worker_threads').isMainThread)
}

import { resolve } from 'node:path'

const PIPES = '\\\\.\\pipe\\' // where Windows keeps its named pipes

/**
 * The named pipe that stands for a Unix socket's name on Windows, whose host has no other: a pipe's name as it is,
 * and for a path the pipe that is called like the whole path, with `/` for `\`, which a pipe's name cannot hold.
 * There is no file then.
 */
export function pipePath(name: string): string {
  if (name === '' || /^[\\/]{2}[.?][\\/]pipe[\\/]/i.test(name)) return name
  return PIPES + resolve(name).replaceAll('\\', '/')
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Where curl is; undefined where it is not installed. */
export const curlPath = ['/usr/bin/curl', '/bin/curl', '/usr/local/bin/curl'].find(existsSync)

/** What curl made of a request. */
export interface Answer {
  readonly code: number
  readonly body: Buffer
  readonly message: string
}

/** Runs curl, with nothing that the environment says about proxies. */
export function curl(...args: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(
      curlPath ?? 'curl',
      ['-sS', '--max-time', '30', '--noproxy', '', ...args],
      { encoding: 'buffer', maxBuffer: 64 << 20, env: {} },
      (error, body, stderr) => {
        resolve({ code: Number(error?.code ?? 0), body, message: stderr.toString() })
      },
    )
  })
}

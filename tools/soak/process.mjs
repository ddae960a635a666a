// Processes of a soak, which speak by messages.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of the folder `process`, from its first message on. */
export class Peer {
  #child

  /** Starts one; `options` are those of fork. */
  static async start(name, args = [], options = {}) {
    const script = fileURLToPath(new URL(`process/${name}.mjs`, import.meta.url))
    const child = fork(script, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], ...options })
    const peer = new Peer(child)
    peer.first = await peer.#message()
    return peer
  }

  constructor(child) {
    this.#child = child
  }

  get pid() {
    return this.#child.pid
  }

  /** The next message. Rejects when the process ends before. */
  async #message() {
    const ended = new AbortController()
    const child = this.#child
    const end = once(child, 'exit', ended).then(([code, signal]) => {
      throw new Error(`${child.spawnargs[1]} ended with ${signal ?? code}`)
    })
    try {
      return (await Promise.race([once(child, 'message', ended), end]))[0]
    } finally {
      ended.abort()
      end.catch(() => {})
    }
  }

  /** Says something that is not answered. */
  tell(message) {
    this.#child.send(message)
  }

  /** Says something, and gives the answer. */
  async ask(message) {
    const answer = this.#message()
    this.#child.send(message)
    return answer
  }

  /** Hangs up, upon which the process ends; gives how, null for quietly. */
  async stop() {
    const exit = once(this.#child, 'exit')
    this.#child.disconnect()
    const [code, signal] = await exit
    return code === 0 ? null : (signal ?? code)
  }
}

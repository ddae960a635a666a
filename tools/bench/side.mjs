// A process of a measurement, as the driver sees it. The two talk in lines: the side says one line of JSON when it is
// ready, then one for each command, which is a number; it ends when its input does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The exit code of a program that does not play the role it was asked for. */
const NO_SUCH_ROLE = 2

/** The program was asked for a role that its implementation does not have. */
export class NoSuchRole extends Error {}

export class Side {
  /** What it said when it was ready. */
  ready = {}
  #child
  #lines
  #exit
  #what

  constructor(what, command, env) {
    const [program, ...args] = command
    this.#what = what
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    this.#exit = once(this.#child, 'exit')
    this.#child.stdin.on('error', () => {}) // the exit code says more
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  get pid() {
    return this.#child.pid
  }

  /** Starts a process with its arguments and waits until it is ready. `what` is its name in errors. */
  static async start(what, command, env = {}) {
    const side = new Side(what, command.map(String), env)
    side.ready = await side.#said()
    return side
  }

  /** Gives a command and waits for the answer. */
  async ask(number = 0) {
    this.#child.stdin.write(`${number}\n`)
    return await this.#said()
  }

  /** Ends it; resolves when it is gone. */
  async end() {
    this.#child.stdin.end()
    this.#child.kill('SIGKILL') // what it still has under way is of no interest
    await this.#exit
  }

  async #said() {
    const { value, done } = await this.#lines.next()
    if (done !== true) return JSON.parse(value)
    const [code, signal] = await this.#exit
    if (code === NO_SUCH_ROLE) throw new NoSuchRole(this.#what)
    throw new Error(`${this.#what} ended with ${signal ?? code}`)
  }
}

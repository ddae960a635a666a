import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file of a test's own that goes when its scope ends. */
export class TempFile implements Disposable {
  readonly path: string
  readonly #dir: string
  #writes = 0

  constructor(content?: string) {
    this.#dir = mkdtempSync(join(tmpdir(), 'resolve-'))
    this.path = join(this.#dir, 'file')
    if (content !== undefined) this.write(content)
  }

  /** Writes the file, with a time that differs from each earlier one's. */
  write(content: string): void {
    writeFileSync(this.path, content)
    const time = 1_600_000_000 + this.#writes++
    utimesSync(this.path, time, time)
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

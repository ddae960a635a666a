const RATE = 16 * 1024 // bytes a millisecond

/**
 * How fast a client is listened to whose data are refused, as there is no room for them: to receive them costs as
 * much as if there was, and only it shall wait for that.
 */
export class Pace {
  #timer: ReturnType<typeof setTimeout> | null = null
  #go: () => void = () => {}

  /** Waits as long as so many bytes may take; {@link end} ends it. */
  wait(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#go = resolve
      this.#timer = setTimeout(resolve, bytes / RATE)
    })
  }

  /** Lets whoever waits go on at once. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#go()
  }
}

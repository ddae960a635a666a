/** Something that serves until it is closed. */
export interface Service extends AsyncDisposable {
  /** Rejects when it fails. */
  readonly done: Promise<void>
}

/** What one command serves, closed together. */
export class Services implements AsyncDisposable {
  readonly #services: Service[] = []

  /** Adds one, which it then owns. */
  add(service: Service): void {
    this.#services.push(service)
  }

  /** Rejects when one of them fails. */
  get done(): Promise<void> {
    return Promise.all(this.#services.map((service) => service.done)).then(() => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#services.map((service) => service[Symbol.asyncDispose]()))
  }
}

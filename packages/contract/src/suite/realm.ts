/** What values look like that were made by another JavaScript realm: instances of none of this one's classes. */
export interface Realm {
  /** Makes a Uint8Array with these bytes. */
  bytes(...values: number[]): Uint8Array<ArrayBuffer>
  /** Makes a Date of milliseconds since 1970. */
  date(ms: number): Date
}

/** Another realm: a vm context. On a host without the module vm, such as a browser, it is this realm. */
export async function otherRealm(): Promise<Realm> {
  const own: Realm = { bytes: (...values) => Uint8Array.from(values), date: (ms) => new Date(ms) }
  try {
    const { runInNewContext } = await import('node:vm')
    return runInNewContext(
      '({ bytes: (...values) => Uint8Array.from(values), date: (ms) => new Date(ms) })',
    ) as Realm
  } catch {
    return own // a host without contexts may have other realms, but no way to them that hosts share
  }
}

/** A buffer of a subclass that claims to be longer than it is. */
export class BoastfulBytes extends Uint8Array<ArrayBuffer> {
  override get byteLength(): number {
    return 65536
  }
}

/** A header field of a D-Bus message: its code, the type of its value, the value. */
export type Field = readonly [code: number, type: 'o' | 's' | 'g' | 'u', value: string | number]

/** A method call as D-Bus has it on the wire ("Message Protocol" of the specification), little-endian. */
export function call(serial: number, fields: readonly Field[], body = Buffer.alloc(0)): Buffer {
  const parts: Buffer[] = []
  let length = 0
  const put = (p: Buffer): void => {
    parts.push(p)
    length += p.byteLength
  }
  const align = (to: number): void => put(Buffer.alloc((to - (length % to)) % to))
  const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer)
  // The fields begin at 16, which is aligned as they want it.
  for (const [code, type, value] of fields) {
    align(8)
    put(Buffer.from([code, 1, type.charCodeAt(0), 0]))
    const text = Buffer.from(`${value}\0`)
    if (type === 'g') put(Buffer.concat([Buffer.from([text.byteLength - 1]), text]))
    else if (typeof value === 'number') put(u32(value))
    else put(Buffer.concat([u32(text.byteLength - 1), text]))
  }
  const fieldsLength = length
  align(8)
  const METHOD_CALL = 1
  const head = Buffer.from([0x6c /* 'l' */, METHOD_CALL, 0, 1])
  return Buffer.concat([head, u32(body.byteLength), u32(serial), u32(fieldsLength), ...parts, body])
}

import { runInNewContext } from 'node:vm'
import { AddrError, IPAddr, TCPAddr, UDPAddr, UnixAddr, UnknownNetworkError } from '@net/addr'
import { describe, expect, test } from 'vitest'
import {
  byteLengthOf,
  checkAddr,
  checkBuffer,
  checkBuffers,
  checkNetwork,
  isArrayBuffer,
  isBytes,
  isDate,
  isError,
  isTypeError,
  missingAddress,
} from '../src/index.ts'

/** What an expression gives in a realm of its own. */
const far = (expression: string): unknown => runInNewContext(expression)

class Boastful extends Uint8Array {
  override get byteLength(): number {
    return 1e9
  }
}

/** A constructor as they were written before there were classes: its instances inherit from Error and are made by nobody. */
function OldError(this: Error): void {
  this.message = 'old'
}
Object.setPrototypeOf(OldError.prototype as object, Error.prototype)

describe('values are what they are, of any realm', () => {
  const values: Record<string, unknown> = {
    'a text': 'bytes',
    'a number': 42,
    null: null,
    undefined: undefined,
    'an object that looks like one': { byteLength: 1, message: 'm', name: 'TypeError', getTime: () => 1 },
    'an object with a tag': { [Symbol.toStringTag]: 'Uint8Array' },
    'a function': () => 1,
    'a Uint8Array': new Uint8Array(1),
    'a Uint8Array of another realm': far('new Uint8Array(1)'),
    'a Buffer': Buffer.alloc(1),
    'a subclass of Uint8Array': new Boastful(1),
    'a Uint8Array without a prototype': Object.setPrototypeOf(new Uint8Array(1), null) as object,
    'a Uint8ClampedArray': new Uint8ClampedArray(1),
    'a DataView': new DataView(new ArrayBuffer(1)),
    'an ArrayBuffer': new ArrayBuffer(1),
    'an ArrayBuffer of another realm': far('new ArrayBuffer(1)'),
    'a SharedArrayBuffer': new SharedArrayBuffer(1),
    'a Date': new Date(),
    'a Date of another realm': far('new Date()'),
    'a Date that is no time': new Date(NaN),
    'an Error': new Error('e'),
    'an Error of another realm': far('new Error("e")'),
    'a TypeError': new TypeError('e'),
    'a TypeError of another realm': far('new TypeError("e")'),
    'a RangeError of another realm': far('new RangeError("e")'),
    'a DOMException': new DOMException('e', 'TypeError'),
    'an error of an old constructor': Reflect.construct(OldError, []) as object,
    'an error that goes by another name': Object.assign(new Error('e'), { name: 'TypeError' }),
  }
  const bytes = ['a Uint8Array', 'a Uint8Array of another realm', 'a Buffer', 'a subclass of Uint8Array']
  const errors = Object.keys(values).filter((name) => /^an? (\w*Error|DOMException|error)\b/.test(name))

  const none: string[] = []
  test.each([
    ['isBytes', isBytes, [...bytes, 'a Uint8Array without a prototype']],
    ['isArrayBuffer', isArrayBuffer, ['an ArrayBuffer', 'an ArrayBuffer of another realm']],
    ['isDate', isDate, ['a Date', 'a Date of another realm', 'a Date that is no time']],
    ['isError', isError, errors],
    ['isTypeError', isTypeError, ['a TypeError', 'a TypeError of another realm']],
    [
      'checkBuffer',
      (x: unknown) => checkBuffer(x) === null,
      bytes.filter((name) => !name.includes('subclass')),
    ],
    ['checkAddr', (x: unknown) => checkAddr(x, 'a TCPAddr') === null, none],
  ])('%s() says so of these and of no others', (_name, is, those) => {
    const said = Object.keys(values).filter((name) => is(values[name]))
    expect(said).toEqual(those)
  })
})

describe('checkBuffer()', () => {
  test('says which argument is no Uint8Array', () => {
    expect(checkBuffer([1, 2])).toEqual(new TypeError('the buffer is not a Uint8Array'))
    expect(checkBuffer('x', 'oob')).toEqual(new TypeError('oob is not a Uint8Array'))
  })

  test('refuses a buffer that says it has more or fewer bytes than it has', () => {
    const less = Object.defineProperty(new Uint8Array(8), 'byteLength', { value: 4 })
    for (const p of [new Boastful(8), less]) {
      expect(checkBuffer(p)).toEqual(new TypeError('the buffer has a byteLength that is not its own'))
      expect(byteLengthOf(p)).toBe(8)
    }
  })

  test('byteLengthOf() of a buffer that was transferred is 0', () => {
    const p = new Uint8Array(8)
    structuredClone(p.buffer, { transfer: [p.buffer] })
    expect([byteLengthOf(p), checkBuffer(p)]).toEqual([0, null])
  })

  test('checkBuffers() says which of them is wrong, or that there is no array', () => {
    expect(checkBuffers([])).toBeNull()
    expect(checkBuffers(far('[new Uint8Array(1), new Uint8Array(2)]'))).toBeNull()
    expect(checkBuffers(new Uint8Array(1))).toEqual(new TypeError('the buffers are not an array'))
    const sparse = [new Uint8Array(1)]
    sparse[2] = new Uint8Array(1)
    expect(checkBuffers(sparse)).toEqual(new TypeError('buffers[1] is not a Uint8Array'))
  })
})

test('checkAddr() says what the address is not', () => {
  expect(checkAddr(new IPAddr(null), 'an IPAddr')).toBeNull()
  expect(checkAddr(new UnixAddr('x', 'unix'), 'a UnixAddr')).toBeNull()
  expect(checkAddr(new TCPAddr(null, 1), 'a UDPAddr')).toEqual(new TypeError('the address is not a UDPAddr'))
  expect(checkAddr(new UDPAddr(null, 1), 'an IPAddr')).toEqual(new TypeError('the address is not an IPAddr'))
})

test('checkNetwork() takes the networks of its protocol and throws an UnknownNetworkError for others', () => {
  for (const network of ['tcp', 'tcp4', 'tcp6']) checkNetwork(network, 'tcp')
  for (const network of ['', 'tcp5', 'udp', 'TCP']) {
    expect(() => checkNetwork(network, 'tcp')).toThrow(new UnknownNetworkError(network))
  }
})

test('missingAddress() is an AddrError with the words of Go', () => {
  expect(missingAddress()).toBeInstanceOf(AddrError)
  expect(missingAddress().message).toBe('missing address')
})

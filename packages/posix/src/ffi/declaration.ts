import type { CArgument, CFunction } from './ffi.ts'

/**
 * What the declarations of this package are made of. `intptr_t` stands for ssize_t, the count of a call that moves
 * bytes, which kernels keep below 2 GiB: hosts are told that it is an int, as they give numbers for that alone.
 */
export type CType = 'int' | 'uint32_t' | 'unsigned long' | 'size_t' | 'intptr_t' | 'uintptr_t' | 'pointer'

/** A declaration of a C function, taken apart. */
export interface Declaration {
  readonly name: string
  readonly result: CType
  /** The type of each argument. An int stands for '...', as nothing else is ever passed there. */
  readonly parameters: readonly CType[]
  readonly variadic: boolean
  /** Whether one of the arguments is a string. */
  readonly strings: boolean
}

/** Takes a declaration apart, such as 'int bind(int fd, const void *addr, uint32_t addrlen)'. */
export function parseDeclaration(text: string): Declaration {
  const [, result = '', name = '', list = ''] = /^(.+ )(\w+)\((.*)\)$/.exec(text) ?? []
  const variadic = list.endsWith('...')
  const parameters = list === '' ? [] : list.replace('...', 'int').split(', ')
  return {
    name,
    result: typeOf(result),
    parameters: parameters.map(typeOf),
    variadic,
    strings: list.includes('char *'),
  }
}

const types: readonly CType[] = ['int', 'uint32_t', 'unsigned long', 'size_t', 'intptr_t', 'uintptr_t']

function typeOf(text: string): CType {
  if (text.includes('*')) return 'pointer'
  const type = types.find((t) => text === t || text.startsWith(`${t} `))
  if (type === undefined) throw new TypeError(`no type of C that is known here: ${text}`)
  return type
}

/** A C function as a host binds it: it takes no strings, and may give a bigint. */
export type NativeFunction = (...args: (CArgument | undefined)[]) => number | bigint

/** How a host binds a function of the C library, with types in its own words. Throws when the library does not have it. */
export type Bind = (name: string, parameters: string[], result: string) => NativeFunction

/** Binds a declared function by a host that has these words for the types of C. */
export function bound(text: string, words: Readonly<Record<CType, string>>, bind: Bind): CFunction {
  const declaration = parseDeclaration(text)
  const { name, parameters, result } = declaration
  const native = bind(
    name,
    parameters.map((type) => words[type]),
    words[result],
  )
  return adapted(declaration, native)
}

// A string becomes bytes, and what stands before a variadic argument, its type, is left out. Functions that have to be fast need
// none of it and are what the host gave.
function adapted(declaration: Declaration, native: NativeFunction): CFunction {
  if (declaration.variadic) return (fd, command, _type, argument) => Number(native(fd, command, argument))
  if (declaration.strings) return (...args) => Number(native(...args.map(bytesOf)))
  if (declaration.result === 'uintptr_t') return (...args) => Number(native(...args))
  return native as CFunction
}

const encoder = new TextEncoder()

function bytesOf(argument: CArgument): CArgument {
  return typeof argument === 'string' ? encoder.encode(`${argument}\0`) : argument
}

import { readFileSync } from 'node:fs'
import type { ABI } from '../src/abi/abi.ts'
import { darwin } from '../src/abi/darwin.ts'
import { freebsd } from '../src/abi/freebsd.ts'
import { linux } from '../src/abi/linux.ts'
import { openbsd } from '../src/abi/openbsd.ts'

/** A struct as the vectors describe it: offsets and sizes in bytes. */
export interface Struct {
  size: number
  fields: { name: string; offset: number; size: number }[]
}

/** What the vectors know of a system on an architecture. */
export interface Constants {
  constants: Record<string, number>
  structs: Record<string, Struct>
}

const url = new URL('../../../test-data/vectors/syscall_constants.json', import.meta.url)
const { targets } = JSON.parse(readFileSync(url, 'utf8')) as { targets: Record<string, Constants> }

/** The systems by name. */
export const systems: Record<string, ABI> = { linux, darwin, freebsd, openbsd }

/** The systems that have kqueue. */
export const bsds = ['darwin', 'freebsd', 'openbsd'] as const

/** The architectures of the vectors. */
export const arches = ['amd64', 'arm64'] as const

/** What the vectors know of a system on an architecture. */
export function constants(system: string, arch: string): Constants {
  const found = targets[`${system}/${arch}`]
  if (found === undefined) throw new Error(`the vectors have no ${system}/${arch}`)
  return found
}

/** A struct of the vectors. */
export function struct(system: string, arch: string, name: string): Struct {
  const found = constants(system, arch).structs[name]
  if (found === undefined) throw new Error(`the vectors have no ${name} of ${system}/${arch}`)
  return found
}

/** Where the vectors' struct has a field, in bytes. */
export function offset(s: Struct, field: string): number {
  const found = s.fields.find(({ name }) => name === field)
  if (found === undefined) throw new Error(`no field ${field}`)
  return found.offset
}

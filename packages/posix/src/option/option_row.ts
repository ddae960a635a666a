import type { ABI, Kernel } from '../abi/abi.ts'
import { darwin } from '../abi/darwin.ts'
import { freebsd } from '../abi/freebsd.ts'
import { linux } from '../abi/linux.ts'
import { openbsd } from '../abi/openbsd.ts'
import type { OptionType } from './option_value.ts'

/** The numbers of an option, by kernel; a kernel that lacks the option is absent. */
export type OptionNumbers = Readonly<Partial<Record<Kernel, number>>>

/** The levels of options: SOL_SOCKET differs between kernels, the others are protocol numbers. */
export type OptionLevel =
  'SOL_SOCKET' | 'IPPROTO_IP' | 'IPPROTO_IPV6' | 'IPPROTO_TCP' | 'IPPROTO_UDP' | 'SOL_MPTCP'

/** A socket option: all there is to know to read and set it. */
export interface OptionRow<T extends OptionType = OptionType> {
  /** The level it belongs to. */
  readonly level: OptionLevel
  /** What its value is. */
  readonly type: T
  /** Its number on each kernel that has it. */
  readonly numbers: OptionNumbers
  /** The page of the manual that describes it; of linux where linux has the option. */
  readonly manual: string
  /** Whether it can only be read. */
  readonly readOnly: boolean
}

/** An option that can be read and set. */
export interface SettableRow<T extends OptionType = OptionType> extends OptionRow<T> {
  readonly readOnly: false
}

/** An option that can only be read. */
export interface StateRow<T extends OptionType = OptionType> extends OptionRow<T> {
  readonly readOnly: true
}

const kernels: Readonly<Record<Kernel, ABI>> = { linux, darwin, freebsd, openbsd }

type OptionConstant = {
  [K in keyof ABI]: K extends `${'SO' | 'TCP' | 'IPV6'}_${string}` ? K : never
}[keyof ABI]

/** The numbers of an option that the package itself uses, from where it has them. */
export function numbersOf(name: OptionConstant): OptionNumbers {
  const numbers: Partial<Record<Kernel, number>> = {}
  for (const kernel of Object.keys(kernels) as Kernel[]) {
    const number = kernels[kernel][name]
    if (number !== 0) numbers[kernel] = number
  }
  return numbers
}

/** The number of an option that linux alone has. */
export function onLinux(number: number): OptionNumbers {
  return { linux: number }
}

/** The numbers of an option that is one number on darwin, freebsd and openbsd. */
export function onBSD(number: number): OptionNumbers {
  return { darwin: number, freebsd: number, openbsd: number }
}

/** A row maker for options of one level and page of the manual. */
export function settable(level: OptionLevel, manual: string) {
  return <T extends OptionType>(type: T, numbers: OptionNumbers): SettableRow<T> => ({
    level,
    type,
    numbers,
    manual,
    readOnly: false,
  })
}

/** The same for options that can only be read. */
export function state(level: OptionLevel, manual: string) {
  return <T extends OptionType>(type: T, numbers: OptionNumbers): StateRow<T> => ({
    level,
    type,
    numbers,
    manual,
    readOnly: true,
  })
}

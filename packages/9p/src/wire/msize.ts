import { IOHDRSZ } from './constants.ts'

/** The msize that clients ask for and servers grant unless told otherwise: 512 KiB of data a message. */
export const DEFAULT_MSIZE = 512 * 1024 + IOHDRSZ
/** The smallest msize that a session works with: below it not even errors have room. */
export const MIN_MSIZE = 100

/** Gives `msize` if it is one to work with, else throws a RangeError. */
export function checkMsize(msize: number): number {
  if (!Number.isInteger(msize) || msize < MIN_MSIZE || msize > 0x3fffffff) {
    throw new RangeError(`msize is a number of bytes from ${MIN_MSIZE} to 1073741823`)
  }
  return msize
}

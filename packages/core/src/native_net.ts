import { Net } from './net.ts'
import { row } from './targets/native.ts'
import { targetOf } from './targets/row.ts'

/** A Net over the running system's own stack, whatever target the build has. */
export const nativeNet = new Net(targetOf(row()))

import { Net, targetOf } from './index.ts'
import { row } from './targets/native.ts'

/** A Net over the running system's own stack, whatever target the build has. */
export const nativeNet = new Net(targetOf(row()))

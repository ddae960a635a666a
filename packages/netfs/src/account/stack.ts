import type { Target } from '@net/contract'
import { Activity } from './activity.ts'
import { Interfaces } from '../base/interfaces.ts'
import { fullLimits, type FullLimits, type Limits } from './limits.ts'
import { Names } from '../base/names.ts'
import { Peers } from './peer.ts'
import type { Policy } from './policy.ts'
import { Rules } from './rules.ts'

/** Options of every tree. */
export interface TreeOptions {
  /** What may be reached; absent: whatever the target reaches. */
  readonly policy?: Policy | undefined
  /** How much may be used. */
  readonly limits?: Limits | undefined
}

/** A target, and what the sessions of one tree share when they use it. */
export class Stack {
  readonly target: Target
  readonly rules: Rules
  readonly limits: FullLimits
  readonly names: Names
  readonly interfaces: Interfaces
  readonly peers: Peers
  readonly activity = new Activity()

  /** Makes the stack of a target. Throws for options that make no sense. */
  constructor(target: Target, options: TreeOptions = {}) {
    this.target = target
    this.limits = fullLimits(options.limits)
    this.peers = new Peers(this.limits)
    this.names = new Names(target)
    this.interfaces = new Interfaces(target)
    this.rules = new Rules(options.policy, (ip) => this.interfaces.isBroadcast(ip))
  }
}

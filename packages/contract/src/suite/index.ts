/**
 * The executable contract: statements about connections, listeners, packet connections and targets, for any test
 * runner. Give each function a runner and a maker, and it registers the statements as tests.
 */
export { SuiteError } from './assert.ts'
export { testConn } from './conn.ts'
export type { ConnOptions, ConnPair, MakePipe } from './conn_maker.ts'
export { ledger } from './ledger.ts'
export type { LivenessScript } from './liveness.ts'
export { collect, type Collection, type Part, type PartOptions, type Runner, type Stoppable } from './part.ts'
export { countedControllers, type CountedControllers, countedSignal, type CountedSignal } from './signal.ts'
export { testListener } from './listener.ts'
export type { Listening, ListenerTestOptions, MakeListener } from './listener_maker.ts'
export { testPacketConn } from './packet_conn.ts'
export type { MakePacketPair, PacketConnOptions, PacketPair } from './packet_conn_maker.ts'
export { streamPair } from './stream_pair.ts'
export { testTarget } from './target.ts'
export type { TargetOptions } from './target_options.ts'
export { udpPair } from './udp_pair.ts'

/**
 * A deterministic network within this process: hosts with a network stack each, links with weather, and virtual time, for tests
 * of networked programs without sockets, sleeps or chance that cannot be brought about again.
 */
export { SimError } from './clock/sim_error.ts'
export { DNSServer, type ServerSockets } from './dns/server.ts'
export type { Zone, ZoneRecords } from './dns/zone.ts'
export type { Host, HostOptions, InterfaceOptions } from './host/host.ts'
export type { LinkWatch, LinkChange } from './host/link_watch.ts'
export type { HostFiles } from './host/lookup.ts'
export type { Link } from './link/link.ts'
export type { Switch } from './link/switch.ts'
export type { Weather } from './link/weather.ts'
export { explore, type Failure } from './network/explore.ts'
export type { SimLeak } from './network/leaks.ts'
export { SimNetwork, type DNSHost, type Place } from './network/network.ts'
export type { SimOptions } from './network/options.ts'
export type { PacketView, PacketRule, Verdict } from './network/rule.ts'
export type { SocketState } from './see/netstat.ts'
export type { Trace } from './see/trace.ts'
export type { Happening, Sighting } from './see/sight.ts'
export type { PendingOp } from './socket/host_op.ts'
export type { TCPOptions } from './tcp/tcp_options.ts'

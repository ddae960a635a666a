/**
 * Names to numbers, as Go's package net: the files of the system (hosts, services, protocols, resolv.conf,
 * nsswitch.conf), DNS messages, a stub resolver over any dial, and the order of what it finds.
 */
export * from './addr_select.ts'
export { Hosts, HostsFile, parseHosts, type HostsEntry } from './hosts.ts'
export { byPref } from './mx.ts'
export { absDomainName, avoidDNS, isDomainName, nameList } from './name.ts'
export * from './nsswitch.ts'
export * from './protocols.ts'
export { defaultResolvConf, parseResolvConf, ResolvConfFile, type ResolvConf } from './resolv_conf.ts'
export { reverseAddr } from './reverse.ts'
export { lookupPort, parseServices, Services, ServicesFile } from './services.ts'
export { byPriorityWeight } from './srv.ts'
export { FILE_MAX_AGE, SystemFile } from './system_file.ts'
export { decodeMessage, encodeMessage, encodeQuery, UDP_SIZE, type DNSMessage } from './message.ts'
export { Parser, RCode, type DNSHeader, type Question, type Section } from './parser.ts'
export * from './rr.ts'
export { DNSMessageError } from './wire_reader.ts'

export * from './dnsmasq.ts'
export * from './enclosure.ts'

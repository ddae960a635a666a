export * from './dnsmasq.ts'

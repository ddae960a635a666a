export * from './databases.ts'
export * from './dnsmasq.ts'
export * from './enclosure.ts'
export * from './server_process.ts'

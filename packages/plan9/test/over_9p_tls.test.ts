import { testOver9P } from './over_9p.ts'

await testOver9P('tls')

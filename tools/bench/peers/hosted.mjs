// The roles over the host's own sockets with our promises, @net/posix/hosted.
import { hosted } from '@net/posix/hosted'
import { play } from './role.mjs'
import { rolesOver } from './target.mjs'

const allocBuffer = (byteLength) => new Uint8Array(byteLength)
await play(rolesOver(hosted(), { allocBuffer, hasBatches: false }))

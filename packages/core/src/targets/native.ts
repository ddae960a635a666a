import { foreignHost } from '@net/posix'
import { row as darwin } from './darwin.ts'
import { row as freebsd } from './freebsd.ts'
import { row as linux } from './linux.ts'
import { row as openbsd } from './openbsd.ts'
import type { Row } from './row.ts'
import { row as windows } from './windows.ts'

const rows: Partial<Record<NodeJS.Platform, Row>> = { darwin, freebsd, linux, openbsd }

/**
 * The target of the running system; one without kernel sockets of its own, or a JavaScript host that cannot reach them (Bun,
 * Deno), has those of the host.
 */
export const row: Row = (foreignHost() === null ? rows[process.platform] : undefined) ?? windows

/** Serves any target as a Plan 9 `/net`: in this process, or to others over 9P2000. */
export { Activity } from './account/activity.ts'
export { embeddedNet, type EmbeddedNet } from './serve/embedded.ts'
export { Plan9Error } from './base/errors.ts'
export { checkListener, exportNet, type ExportOptions, type NetExport } from './serve/export.ts'
export type { Limits } from './account/limits.ts'
export type { Operation, Policy, Rule } from './account/policy.ts'
export type { TreeOptions } from './account/stack.ts'
export { defaultSocket, listenExport, type ListenExportOptions } from './serve/listen.ts'
export {
  type CertificateOptions,
  type PEM,
  type PreSharedKey,
  tlsToExport,
  type TLSClientOptions,
  tlsListener,
  type TLSServerOptions,
} from './serve/tls.ts'

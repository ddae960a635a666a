/** Serves any target as a Plan 9 `/net`: in this process, or to others over 9P2000. */
export { Activity } from './activity.ts'
export { embeddedNet, type EmbeddedNet } from './embedded.ts'
export { Plan9Error } from './errors.ts'
export { checkListener, exportNet, type ExportOptions, type NetExport } from './export.ts'
export type { Limits } from './limits.ts'
export type { Operation, Policy, Rule } from './policy.ts'
export type { TreeOptions } from './stack.ts'
export { defaultSocket, listenExport, type ListenExportOptions } from './listen.ts'
export {
  type CertificateOptions,
  type PEM,
  type PreSharedKey,
  tlsClient,
  type TLSClientOptions,
} from './tls.ts'
export { tlsListener, type TLSServerOptions } from './tls_listener.ts'

/**
 * Plan 9's /net in both directions: as a target, from a directory, from this process or over 9P2000; and any target served as
 * one, here or to others. See `@net/plan9` and `@net/netfs`, which hold all of it, for people who need only one half.
 */
export {
  defaultSocket,
  embeddedNet,
  exportNet,
  listenExport,
  tlsToExport,
  tlsListener,
  type Activity,
  type CertificateOptions,
  type EmbeddedNet,
  type ExportOptions,
  type Limits,
  type ListenExportOptions,
  type NetExport,
  type Policy,
  type Rule,
  type TLSClientOptions,
  type TLSServerOptions,
} from '@net/netfs'
export {
  importNet,
  osNet,
  type ImportedNet,
  type ImportOptions,
  type NetFile,
  type NetFS,
  type NetOpenOptions,
  type Plan9Options,
  type Plan9Target,
} from '@net/plan9'
export { dialNet, type DialNetOptions } from './dial_net.ts'
export { plan9 } from './target.ts'

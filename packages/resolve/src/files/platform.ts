/**
 * The system whose rules of lookup hold, as `process.platform` names it; no other file of the package asks
 * which it is.
 */
export const platform: string = process.platform

/** The path of the hosts file: /etc/hosts, or what Windows has in its place. */
export function hostsPath(): string {
  if (platform !== 'win32') return '/etc/hosts'
  return `${process.env.SystemRoot ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
}

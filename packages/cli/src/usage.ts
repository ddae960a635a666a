/** How netx is called wrongly: its message is shown with the usage. */
export class UsageError extends Error {}

// What each command takes.
const forms: Readonly<Record<string, string>> = {
  dial: '[--net net] [--timeout ms] [--wait ms] address',
  listen: '[--net net] [--wait ms] address',
  resolve: '[--net net] [--server server] [--type type] name | network address',
  interfaces: '[--net net] [name]',
  export: '[--allow rule | --deny rule]... [--no-lookups] [tls] [--dangerously-serve-anyone] [where]',
  import: '(--socks port | --http port)... [tls] [--server-name name] [--login-file file] where',
  targets: '',
}

// What the words in those forms stand for.
const words: readonly (readonly [word: string, meaning: string])[] = [
  [
    'address',
    "a network and its address, as in 'tcp localhost:80', or a dial string, as in 'tcp!localhost!80'",
  ],
  ['network', 'tcp, tcp4, tcp6, udp, udp4, udp6, unix'],
  ['server', 'a DNS server to ask instead of the ones of /etc/resolv.conf: 192.0.2.1:53'],
  ['type', 'ip, cname, mx, ns, txt, srv, ptr'],
  ['net', 'a directory where a Plan 9 /net is mounted, or where one is exported'],
  ['where', 'unix!/path, tcp!host!port'],
  ['rule', '[connect,|announce,][tcp!|udp!]address[!port[-port]], as tcp!10.0.0.0/8!80-443, private, *'],
  ['tls', '--cert file --key file --ca file, or --psk-file file'],
]

/** How a command is called, or every one where `name` is none; with what the words of it stand for. */
export function usage(name: string): string {
  const form = forms[name]
  const shown = form === undefined ? Object.entries(forms) : [[name, form] as const]
  const lines = shown.map(([command, rest], i) =>
    `${i === 0 ? 'usage:' : '      '} netx ${command} ${rest}`.trimEnd(),
  )
  const used = new Set(shown.flatMap(([, rest]) => rest.match(/(?<![-\w])\w+/g) ?? []))
  if (used.has('address')) used.add('network')
  const meanings = words
    .filter(([word]) => used.has(word))
    .map(([word, meaning]) => `${`${word}:`.padEnd(9)}${meaning}`)
  return [lines, meanings]
    .filter((part) => part.length > 0)
    .map((part) => `${part.join('\n')}\n`)
    .join('\n')
}

/** How netx is called wrongly: its message is shown with the usage. */
export class UsageError extends Error {}

/** What netx can do. */
export const usage = `usage: netx dial [--net net] [--timeout ms] [--wait ms] network address
       netx listen [--net net] [--wait ms] network address
       netx resolve [--net net] [network] address
       netx export [--allow rule | --deny rule]... [tls] [--dangerously-serve-anyone] [where]
       netx import (--socks port | --http port)... [tls] [--server-name name] [--login-file file] where
       netx targets

networks: tcp, tcp4, tcp6, udp, udp4, udp6, unix
net:      a directory where a Plan 9 /net is mounted, or where one is exported
where:    unix!/path, tcp!host!port
rule:     [connect,|announce,][tcp!|udp!]address[!port[-port]], as tcp!10.0.0.0/8!80-443, private, *
tls:      --cert file --key file --ca file, or --psk-file file
`

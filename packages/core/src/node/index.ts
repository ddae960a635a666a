/** Connections where Node's own interfaces expect sockets: streams, http clients, http servers, TLS. */
export * from '@net/node'
export * from '@net/node/tls'

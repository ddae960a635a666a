/** Connections where Node's own interfaces expect sockets: streams, http clients, http servers. */
export * from '@net/node'

import { joinHostPort, listenPacket, TCPAddr, type Conn, type PacketConn, type UDPAddr } from '@net/core'
import { PacketFlows } from '../relay/packet_flows.ts'
import { isHost, type Proxy } from './proxy.ts'
import { addressBytes, parseAddress } from './socks_address.ts'

/**
 * UDP ASSOCIATE of SOCKS 5: a socket for a client's datagrams, which go on, each destination by a way of its
 * own, through the proxy's network, and whose answers come back. It lives as long as the client's connection.
 */
export class Association implements AsyncDisposable {
  /** Where the client is to send datagrams. */
  readonly addr: UDPAddr
  readonly #packets: PacketConn<UDPAddr>
  readonly #client: TCPAddr
  readonly #flows: PacketFlows
  readonly #proxy: Proxy
  readonly #done: Promise<void>

  private constructor(packets: PacketConn<UDPAddr>, client: TCPAddr, proxy: Proxy) {
    this.addr = packets.localAddr
    this.#packets = packets
    this.#client = client
    this.#proxy = proxy
    // What can't go is lost, as datagrams are.
    this.#flows = new PacketFlows(proxy.traffic, () => {})
    this.#done = this.#run()
  }

  /** Opens the socket, at the address at which the client has reached the proxy. Rejects when it can't. */
  static async open(client: Conn, proxy: Proxy): Promise<Association> {
    const { localAddr: local, remoteAddr: remote } = client
    if (!(local instanceof TCPAddr && remote instanceof TCPAddr))
      throw new Error('datagrams are for clients of TCP')
    const packets = await listenPacket('udp', joinHostPort(local.hostname, 0))
    return new Association(packets, remote, proxy)
  }

  /** Ends it and all its ways. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#packets.close()
    await Promise.all([this.#done, this.#flows[Symbol.asyncDispose]()])
  }

  // Ends when the socket is closed, or breaks.
  async #run(): Promise<void> {
    try {
      for await (const [packet, sender] of this.#packets) {
        if (sender.ip?.equal(this.#client.ip) === true) void this.#pass(packet, sender)
      }
    } catch {
      await this.#packets.close()
    }
  }

  /*
   * 0 zeros   2 fragment   3 type of address   4 address, port, data
   * Pieces of datagrams, whose fragment is not 0, are lost, as RFC 1928 allows.
   */
  async #pass(packet: Uint8Array, sender: UDPAddr): Promise<void> {
    const to = packet[2] === 0 ? parseAddress(packet, 3) : null
    if (to === null || !isHost(to.host) || to.port === 0) return
    const { net, dialTime } = this.#proxy
    const place = joinHostPort(to.host, to.port)
    await this.#flows.send(
      `${sender.toString()} ${place}`,
      packet.subarray(to.end),
      ({ signal }) => net.dial('udp', place, { signal, timeout: dialTime }),
      (answer, { remoteAddr }) =>
        this.#packets.send(Uint8Array.of(0, 0, 0, ...addressBytes(remoteAddr), ...answer), sender),
    )
  }
}

import type { Schema } from '@cfworker/json-schema'

type Properties = Readonly<Record<string, Schema>>

const text = (description: string): Schema => ({ type: 'string', description })
const texts = (description: string): Schema => ({ type: 'array', items: { type: 'string' }, description })
const amount = (description: string): Schema => ({ type: 'number', minimum: 0, description })
const share = (description: string): Schema => ({ type: 'number', minimum: 0, maximum: 1, description })
const bytes = (description: string): Schema => ({ type: 'integer', minimum: 68, description })

/** An object of these properties and no others. */
function only(properties: Properties, required: string[] = [], description?: string): Schema {
  return {
    type: 'object',
    properties,
    required,
    additionalProperties: false,
    ...(description && { description }),
  }
}

/** An object of which the names are free. */
function named(of: Schema, description: string): Schema {
  return { type: 'object', additionalProperties: of, description }
}

const weather: Properties = {
  latency: amount('how long a packet is under way, in milliseconds'),
  jitter: amount('up to how much longer it may take, in milliseconds'),
  bandwidth: { type: 'number', exclusiveMinimum: 0, description: 'bits a second' },
  queue: amount('how many bytes may wait for the bandwidth'),
  loss: share('how probable it is that a packet is lost'),
  duplicate: share('how probable it is that it arrives twice'),
  reorder: share('how probable it is that later ones overtake it'),
  corrupt: share('how probable it is that a bit of it changes'),
  mtu: bytes('the largest packet, in bytes'),
}

const wire: Properties = {
  addrs: texts('addresses with the length of their prefix: 10.0.0.1/24, fd00::1/64'),
  mac: text('the link-layer address'),
  mtu: bytes('the largest packet that it sends, in bytes'),
}

const host: Properties = {
  ...wire,
  interfaces: named(only(wire, ['addrs']), 'interfaces by name, in place of addrs, mac and mtu'),
  routes: named(text('the router that leads there'), 'networks, or default, and the router that leads there'),
  tcp: named({ type: 'number', minimum: 0 }, 'how its TCP differs from that of Linux'),
  hosts: text('its /etc/hosts'),
  resolvConf: text('its /etc/resolv.conf'),
  services: text('its /etc/services'),
  nsswitch: text('its /etc/nsswitch.conf'),
}

const records: Schema = only({
  A: texts('IPv4 addresses'),
  AAAA: texts('IPv6 addresses'),
  CNAME: text('the name that this one is an alias of'),
  TXT: texts('texts'),
  NS: texts('name servers'),
  PTR: text('the name of an address'),
  MX: { type: 'array', items: only({ pref: amount('preference'), host: text('a name') }, ['pref', 'host']) },
  SRV: {
    type: 'array',
    items: only(
      {
        priority: amount('lower ones first'),
        weight: amount('its share among equals'),
        port: amount('the port'),
        target: text('a name'),
      },
      ['port', 'target'],
    ),
  },
  ttl: amount('for how many seconds they may be kept'),
})

/** What a file of `netx sim` may say, as a JSON schema (draft 2020-12). */
export const topologySchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'a simulated network',
  ...only({
    $schema: text('where this schema is'),
    seed: { type: ['number', 'string'], description: 'what all chance comes from' },
    hosts: named(only(host), 'hosts by name'),
    routers: named(only(host), 'hosts that hand packets on'),
    dns: named(
      only(
        {
          ...host,
          zone: named(records, 'the records of names'),
          origin: text('what names without a dot are within'),
        },
        ['zone'],
      ),
      'hosts with an authoritative DNS server',
    ),
    switches: named(
      only({ hosts: texts('what is linked with it'), ...weather }, ['hosts']),
      'switches by name, each with the weather of its links',
    ),
    links: {
      type: 'array',
      description: 'cables between hosts, or a host and a switch',
      items: only(
        {
          between: { ...texts('the two ends; host/eth1 where a host has several'), minItems: 2, maxItems: 2 },
          ...weather,
          there: only(weather, [], 'weather on the way from the first to the second alone'),
          back: only(weather, [], 'weather on the way from the second to the first alone'),
        },
        ['between'],
      ),
    },
  }),
}

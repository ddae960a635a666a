import { IP, ipv4 } from './ip.ts'

/** 0.0.0.0: every address of this host, when listening. */
export const IPv4zero: IP = /* @__PURE__ */ ipv4(0, 0, 0, 0)
/** 255.255.255.255: everyone on this link. */
export const IPv4bcast: IP = /* @__PURE__ */ ipv4(255, 255, 255, 255)
/** 224.0.0.1: all systems on this link. */
export const IPv4allsys: IP = /* @__PURE__ */ ipv4(224, 0, 0, 1)
/** 224.0.0.2: all routers on this link. */
export const IPv4allrouter: IP = /* @__PURE__ */ ipv4(224, 0, 0, 2)
/** ::, all bits zero. */
export const IPv6zero: IP = /* @__PURE__ */ IP.fromUint32s(0, 0, 0, 0)
/** ::, every address of this host, when listening. */
export const IPv6unspecified: IP = IPv6zero
/** ::1, this host. */
export const IPv6loopback: IP = /* @__PURE__ */ IP.fromUint32s(0, 0, 0, 1)
/** ff01::1: all nodes on this interface. */
export const IPv6interfacelocalallnodes: IP = /* @__PURE__ */ IP.fromUint32s(0xff010000, 0, 0, 1)
/** ff02::1: all nodes on this link. */
export const IPv6linklocalallnodes: IP = /* @__PURE__ */ IP.fromUint32s(0xff020000, 0, 0, 1)
/** ff02::2: all routers on this link. */
export const IPv6linklocalallrouters: IP = /* @__PURE__ */ IP.fromUint32s(0xff020000, 0, 0, 2)

import type { Qid } from './qid.ts'
import type { Stat } from './stat.ts'

// The messages of 9P2000, section 5 of the Plan 9 manual. Each name is a constant, the message's type on the
// wire, and a type, its fields. A request is a T-message, its reply the R-message of the next number or
// Rerror. In the layouts size[4] and tag[2] are left out; s is len[2] and as many bytes of UTF-8; numbers are
// little-endian.

/** What every message has. */
interface Tagged {
  /** The request's number, chosen by the client, 16 bits; the reply repeats it. */
  readonly tag: number
}

/** 100, version(5): `msize[4] version[s]`. Begins a session, ending the one before. */
export const Tversion = 100
/** Begins a session. */
export interface Tversion extends Tagged {
  readonly type: typeof Tversion
  /** The longest message, in bytes with its size field, the client wants to send or get. */
  readonly msize: number
  /** "9P2000". */
  readonly version: string
}

/** 101, version(5): `msize[4] version[s]`. */
export const Rversion = 101
/** Accepts a session or, with version "unknown", refuses it. */
export interface Rversion extends Tagged {
  readonly type: typeof Rversion
  /** The longest message of the session, in bytes; at most what was asked for. */
  readonly msize: number
  /** "9P2000" or "unknown". */
  readonly version: string
}

/** 102, attach(5): `afid[4] uname[s] aname[s]`. */
export const Tauth = 102
/** Asks for a file through which to prove who one is. */
export interface Tauth extends Tagged {
  readonly type: typeof Tauth
  /** The new fid of that file. */
  readonly afid: number
  /** The user's name. */
  readonly uname: string
  /** The tree's name; '' for the usual one. */
  readonly aname: string
}

/** 103, attach(5): `aqid[13]`. */
export const Rauth = 103
/** Answers Tauth. */
export interface Rauth extends Tagged {
  readonly type: typeof Rauth
  /** The qid of the file, of type QTAUTH. */
  readonly aqid: Qid
}

/** 104, attach(5): `fid[4] afid[4] uname[s] aname[s]`. */
export const Tattach = 104
/** Binds a fid to the root of a tree. */
export interface Tattach extends Tagged {
  readonly type: typeof Tattach
  /** The new fid. */
  readonly fid: number
  /** The fid of the authentication, or NOFID. */
  readonly afid: number
  /** The user's name. */
  readonly uname: string
  /** The tree's name; '' for the usual one. */
  readonly aname: string
}

/** 105, attach(5): `qid[13]`. */
export const Rattach = 105
/** Answers Tattach. */
export interface Rattach extends Tagged {
  readonly type: typeof Rattach
  /** The root's qid. */
  readonly qid: Qid
}

/** 107, error(5): `ename[s]`. There is no Terror. */
export const Rerror = 107
/** Answers any request that failed. */
export interface Rerror extends Tagged {
  readonly type: typeof Rerror
  /** Why, in words. */
  readonly ename: string
}

/** 108, flush(5): `oldtag[2]`. */
export const Tflush = 108
/** Takes a request back. */
export interface Tflush extends Tagged {
  readonly type: typeof Tflush
  /** The tag of that request. */
  readonly oldtag: number
}

/** 109, flush(5): nothing more. */
export const Rflush = 109
/** Answers Tflush: the old request will not be answered any more, its tag is free. */
export interface Rflush extends Tagged {
  readonly type: typeof Rflush
}

/** 110, walk(5): `fid[4] newfid[4] nwname[2] nwname*(wname[s])`. */
export const Twalk = 110
/** Goes from one file to another by name. */
export interface Twalk extends Tagged {
  readonly type: typeof Twalk
  /** Where to begin; not open. */
  readonly fid: number
  /** What to bind to where the walk ends; may be `fid`. */
  readonly newfid: number
  /** Up to 16 names, '..' for the parent; none makes newfid the same file. */
  readonly wname: readonly string[]
}

/** 111, walk(5): `nwqid[2] nwqid*(wqid[13])`. */
export const Rwalk = 111
/** Answers Twalk. With fewer qids than names the walk stopped there and newfid is not bound. */
export interface Rwalk extends Tagged {
  readonly type: typeof Rwalk
  /** The qids of the files passed, in order. */
  readonly wqid: readonly Qid[]
}

/** 112, open(5): `fid[4] mode[1]`. */
export const Topen = 112
/** Opens a file. */
export interface Topen extends Tagged {
  readonly type: typeof Topen
  readonly fid: number
  /** OREAD, OWRITE, ORDWR or OEXEC, with OTRUNC and ORCLOSE added. */
  readonly mode: number
}

/** 113, open(5): `qid[13] iounit[4]`. */
export const Ropen = 113
/** Answers Topen. */
export interface Ropen extends Tagged {
  readonly type: typeof Ropen
  /** The open file's qid; not always that of the file walked to. */
  readonly qid: Qid
  /** The most bytes that one read or write carries in one piece; 0 for msize - 24. */
  readonly iounit: number
}

/** 114, open(5): `fid[4] name[s] perm[4] mode[1]`. */
export const Tcreate = 114
/** Makes a file in a directory and opens it as the same fid. */
export interface Tcreate extends Tagged {
  readonly type: typeof Tcreate
  /** The directory. */
  readonly fid: number
  readonly name: string
  /** Permission bits, with DMDIR for a directory. */
  readonly perm: number
  /** As in Topen. */
  readonly mode: number
}

/** 115, open(5): `qid[13] iounit[4]`. */
export const Rcreate = 115
/** Answers Tcreate. */
export interface Rcreate extends Tagged {
  readonly type: typeof Rcreate
  readonly qid: Qid
  /** The most bytes that one read or write carries in one piece; 0 for msize - 24. */
  readonly iounit: number
}

/** 116, read(5): `fid[4] offset[8] count[4]`. */
export const Tread = 116
/** Reads from an open file. */
export interface Tread extends Tagged {
  readonly type: typeof Tread
  readonly fid: number
  /** Where to begin, in bytes. */
  readonly offset: bigint
  /** The most bytes wanted. */
  readonly count: number
}

/** 117, read(5): `count[4] data[count]`. */
export const Rread = 117
/** Answers Tread; no data is the end of the file. */
export interface Rread extends Tagged {
  readonly type: typeof Rread
  /** The bytes; after decoding a view of the frame. */
  readonly data: Uint8Array
}

/** 118, read(5): `fid[4] offset[8] count[4] data[count]`. */
export const Twrite = 118
/** Writes to an open file. */
export interface Twrite extends Tagged {
  readonly type: typeof Twrite
  readonly fid: number
  /** Where to begin, in bytes. */
  readonly offset: bigint
  /** The bytes; after decoding a view of the frame. */
  readonly data: Uint8Array
}

/** 119, read(5): `count[4]`. */
export const Rwrite = 119
/** Answers Twrite. */
export interface Rwrite extends Tagged {
  readonly type: typeof Rwrite
  /** The bytes that were written. */
  readonly count: number
}

/** 120, clunk(5): `fid[4]`. */
export const Tclunk = 120
/** Lets a fid go. */
export interface Tclunk extends Tagged {
  readonly type: typeof Tclunk
  readonly fid: number
}

/** 121, clunk(5): nothing more. */
export const Rclunk = 121
/** Answers Tclunk. */
export interface Rclunk extends Tagged {
  readonly type: typeof Rclunk
}

/** 122, remove(5): `fid[4]`. */
export const Tremove = 122
/** Removes a file and lets its fid go, whether or not it could be removed. */
export interface Tremove extends Tagged {
  readonly type: typeof Tremove
  readonly fid: number
}

/** 123, remove(5): nothing more. */
export const Rremove = 123
/** Answers Tremove. */
export interface Rremove extends Tagged {
  readonly type: typeof Rremove
}

/** 124, stat(5): `fid[4]`. */
export const Tstat = 124
/** Asks about a file. */
export interface Tstat extends Tagged {
  readonly type: typeof Tstat
  readonly fid: number
}

/** 125, stat(5): `nstat[2] stat[nstat]`, where the stat begins with a size of its own. */
export const Rstat = 125
/** Answers Tstat. */
export interface Rstat extends Tagged {
  readonly type: typeof Rstat
  readonly stat: Stat
}

/** 126, stat(5): `fid[4] nstat[2] stat[nstat]`. */
export const Twstat = 126
/** Changes what stat tells; fields that say "don't touch" stay. */
export interface Twstat extends Tagged {
  readonly type: typeof Twstat
  readonly fid: number
  readonly stat: Stat
}

/** 127, stat(5): nothing more. */
export const Rwstat = 127
/** Answers Twstat. */
export interface Rwstat extends Tagged {
  readonly type: typeof Rwstat
}

/** A request. */
export type TMessage =
  | Tversion
  | Tauth
  | Tattach
  | Tflush
  | Twalk
  | Topen
  | Tcreate
  | Tread
  | Twrite
  | Tclunk
  | Tremove
  | Tstat
  | Twstat

/** A reply. */
export type RMessage =
  | Rversion
  | Rauth
  | Rattach
  | Rerror
  | Rflush
  | Rwalk
  | Ropen
  | Rcreate
  | Rread
  | Rwrite
  | Rclunk
  | Rremove
  | Rstat
  | Rwstat

/** Any message. */
export type Message9P = TMessage | RMessage

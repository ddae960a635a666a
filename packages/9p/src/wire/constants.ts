// Names and numbers of intro(5), open(5), stat(5) and <fcall.h> of Plan 9, 4th edition.

/** The protocol's name as Tversion and Rversion carry it. */
export const VERSION9P = '9P2000'
/** What Rversion says when the server speaks no version the client could use. */
export const VERSION_UNKNOWN = 'unknown'
/** The tag of Tversion: no other request is outstanding. */
export const NOTAG = 0xffff
/** "No fid": the afid of Tattach when there was no authentication. */
export const NOFID = 0xffffffff
/** The most names that one Twalk may carry. */
export const MAXWELEM = 16
/** The room, in bytes, to leave for the header of a Tread or Twrite: a payload is at most msize - IOHDRSZ. */
export const IOHDRSZ = 24
/** The most bytes of an error's text, the final NUL of C counted. */
export const ERRMAX = 128
/** The bytes of size[4] type[1] tag[2], the smallest message. */
export const HEADER_SIZE = 7

/** Open for reading. */
export const OREAD = 0
/** Open for writing. */
export const OWRITE = 1
/** Open for reading and writing. */
export const ORDWR = 2
/** Open for execution: as reading, but with execute permission. */
export const OEXEC = 3
/** Added to a mode: cut the file to length 0 first. */
export const OTRUNC = 0x10
/** Added to a mode: remove the file when its fid is clunked. */
export const ORCLOSE = 0x40

/** Qid type: a directory. */
export const QTDIR = 0x80
/** Qid type: a file that only grows. */
export const QTAPPEND = 0x40
/** Qid type: a file that only one client at a time may open. */
export const QTEXCL = 0x20
/** Qid type: a mounted channel. */
export const QTMOUNT = 0x10
/** Qid type: a file of an authentication, as Tauth makes. */
export const QTAUTH = 0x08
/** Qid type: a file that backups leave out. */
export const QTTMP = 0x04
/** Qid type: a plain file. */
export const QTFILE = 0x00

/** Mode bit: a directory. */
export const DMDIR = 0x80000000
/** Mode bit: writes go to the end whatever their offset. */
export const DMAPPEND = 0x40000000
/** Mode bit: one opener at a time. */
export const DMEXCL = 0x20000000
/** Mode bit: a mounted channel. */
export const DMMOUNT = 0x10000000
/** Mode bit: a file of an authentication. */
export const DMAUTH = 0x08000000
/** Mode bit: left out of backups. */
export const DMTMP = 0x04000000

// What linux/io_uring.h says, as far as it is used here. Each number is a constant of its own, as the bundler puts such where their names
// stand.

/** Setup: a call that fails does not keep those behind it from being made. */
export const IORING_SETUP_SUBMIT_ALL = 0x80
/** Setup: one thread alone submits calls. */
export const IORING_SETUP_SINGLE_ISSUER = 0x1000
/** Setup: the rings lie in memory of the program. */
export const IORING_SETUP_NO_MMAP = 0x4000
/** Setup: calls are made in the order of their entries, without an array of indices. */
export const IORING_SETUP_NO_SQARRAY = 0x10000

/** Enter: waits for results. */
export const IORING_ENTER_GETEVENTS = 0x1

/** Opcode: send(2). */
export const IORING_OP_SEND = 26
/** Opcode: recv(2). */
export const IORING_OP_RECV = 27

/** The number of io_uring_setup(2), the same on every architecture that Node runs on. */
export const IO_URING_SETUP = 425
/** The number of io_uring_enter(2), the same on every architecture that Node runs on. */
export const IO_URING_ENTER = 426

/** The size of a struct io_uring_sqe, in words of 32 bits. The first has the opcode, and flags that are not used here. */
export const SQE = 16
/** The word of one that has the descriptor. */
export const SQE_FD = 1
/** The first of two words that have the address. */
export const SQE_ADDR = 4
/** The word of one that has the length. */
export const SQE_LEN = 6
/** The word of one that has the flags of send(2) or recv(2). */
export const SQE_MSG_FLAGS = 7
/** The first of two words that have what the result is told by. */
export const SQE_USER_DATA = 8

/** The size of a struct io_uring_cqe, in words of 32 bits. The first two have what the result is told by. */
export const CQE = 4
/** The word of one that has the result. */
export const CQE_RES = 2

/** The size of a struct io_uring_params, in words of 32 bits. */
export const PARAMS = 30
/** The word of one that has the flags of the setup. */
export const PARAMS_FLAGS = 2
/** The word of one that tells where the kernel's end of the ring of calls is: how many bytes behind the start of the rings. */
export const SQ_HEAD = 10
/** The word of one that tells where the program's end of the ring of calls is. */
export const SQ_TAIL = 11
/** The first of two words that have the address of the calls. */
export const SQ_ADDR = 18
/** The word of one that tells where the program's end of the ring of results is. */
export const CQ_HEAD = 20
/** The word of one that tells where the kernel's end of the ring of results is. */
export const CQ_TAIL = 21
/** The word of one that tells where the number of results that have room is, less one. */
export const CQ_MASK = 22
/** The word of one that tells where the results are. */
export const CQ_CQES = 25
/** The first of two words that have the address of the rings. */
export const CQ_ADDR = 28

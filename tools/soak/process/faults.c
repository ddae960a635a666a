// Put before the C library by LD_PRELOAD: one in EVERY calls that wait for or move bytes of a socket is interrupted
// before it begins, and one in EVERY that send moves fewer bytes than it was asked to. A recv that gives less than
// there is would be no fault: of a stream it says that there is no more (epoll(7)).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { EVERY = 8 };

// xorshift; each thread has its own.
static uint32_t dice(void) {
  static _Thread_local uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

static size_t some(size_t length) {
  return length > 1 && dice() % EVERY == 0 ? 1 + dice() % (length - 1) : length;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
#define INTERRUPTED(failure) \
  if (dice() % EVERY == 0) { \
    errno = EINTR; \
    return failure; \
  }
#define WRAP(result, name, parameters, ...) \
  result name parameters { \
    static __typeof__(name) *real; \
    if (real == NULL) real = REAL(name); \
    INTERRUPTED(-1) \
    return real(__VA_ARGS__); \
  }

WRAP(ssize_t, send, (int fd, const void *p, size_t n, int flags), fd, p, some(n), flags)
WRAP(ssize_t, recv, (int fd, void *p, size_t n, int flags), fd, p, n, flags)
WRAP(ssize_t, sendfile, (int out, int in, off_t *offset, size_t n), out, in, offset, some(n))
WRAP(ssize_t, splice, (int in, off_t *a, int out, off_t *b, size_t n, unsigned flags), in, a, out, b, some(n), flags)
WRAP(int, accept4, (int fd, struct sockaddr *addr, socklen_t *length, int flags), fd, addr, length, flags)
WRAP(int, epoll_wait, (int fd, struct epoll_event *events, int n, int timeout), fd, events, n, timeout)

// A vector is cut after its first buffers.
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  static __typeof__(sendmsg) *real;
  if (real == NULL) real = REAL(sendmsg);
  INTERRUPTED(-1)
  struct msghdr cut = *message;
  cut.msg_iovlen = some(message->msg_iovlen);
  return real(fd, &cut, flags);
}

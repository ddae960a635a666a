// What both C programs of the benchmarks share: clocks, sockets on loopback, and the lines that the driver and its
// sides say to each other (see ../side.mjs).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE 64 // bytes of a message wherever its size is not the subject

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

static inline int must(int result, const char *what) {
  if (result < 0) fail(what);
  return result;
}

/** Microseconds of the monotonic clock. */
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static inline int is(const char *a, const char *b) { return strcmp(a, b) == 0; }

/** Reads the next command of the driver, a number; ends the process when there is none. */
static inline double command(void) {
  char line[64];
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) exit(0);
  return atof(line);
}

static inline void *end_with_driver(void *arg) {
  (void)arg;
  char line[64];
  while (read(0, line, sizeof line) > 0) continue;
  exit(0);
}

/** For a side that waits for sockets and takes no command: it ends when the driver closes its input. */
static inline void watch_driver(void) {
  pthread_t thread;
  fflush(stdout);
  if (pthread_create(&thread, NULL, end_with_driver, NULL) != 0) fail("pthread_create");
}

static inline void more_descriptors(void) {
  struct rlimit limit;
  must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static inline void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static inline int connected(int type, int port) {
  struct sockaddr_in a = loopback(port);
  int fd = must(socket(AF_INET, type, 0), "socket");
  must(connect(fd, (void *)&a, sizeof a), "connect");
  if (type == SOCK_STREAM) no_delay(fd);
  return fd;
}

static inline struct sockaddr_un unix_name(const char *path) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  strncpy(a.sun_path, path, sizeof a.sun_path - 1);
  return a;
}

/** Binds on loopback, listens if it is a stream, and tells the driver the port. */
static inline int bound(int type, int flags, int port) {
  struct sockaddr_in a = loopback(port);
  socklen_t length = sizeof a;
  int fd = must(socket(AF_INET, type | flags, 0), "socket");
  must(bind(fd, (void *)&a, sizeof a), "bind");
  if (type == SOCK_STREAM) must(listen(fd, 4096), "listen");
  must(getsockname(fd, (void *)&a, &length), "getsockname");
  printf("{\"port\":%d}\n", ntohs(a.sin_port));
  return fd;
}

static inline void watch(int epoll, int fd, uint32_t events) {
  struct epoll_event e = {.events = events, .data.fd = fd};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e), "epoll_ctl");
}

/** Waits for events; strace, when it comes and goes, interrupts that. */
static inline int waited(int epoll, struct epoll_event *events, int most) {
  int n;
  do n = epoll_wait(epoll, events, most, -1);
  while (n < 0 && errno == EINTR);
  return must(n, "epoll_wait");
}

static inline void write_all(int fd, const char *p, size_t length) {
  while (length > 0) {
    ssize_t n = must(write(fd, p, length), "write");
    p += n;
    length -= n;
  }
}

static inline void read_all(int fd, char *p, size_t length) {
  while (length > 0) {
    ssize_t n = must(read(fd, p, length), "read");
    if (n == 0) exit(1);
    p += n;
    length -= n;
  }
}

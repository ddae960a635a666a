// The roles of the benchmarks (see ../side.mjs) as a C program over epoll plays them: what the kernel alone takes.
#include "side.h"
#include <netdb.h>

static char room[1 << 18];

static int unix_listener(const char *path) {
  struct sockaddr_un a = unix_name(path);
  int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
  must(bind(fd, (void *)&a, sizeof a), "bind");
  must(listen(fd, 4096), "listen");
  puts("{}");
  return fd;
}

static void echo_datagrams(void) {
  int fd = bound(SOCK_DGRAM, 0, 0);
  watch_driver();
  for (;;) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t n = must(recvfrom(fd, room, sizeof room, 0, (void *)&from, &length), "recvfrom");
    sendto(fd, room, n, 0, (void *)&from, length);
  }
}

/** `echo NETWORK PATH` */
static void echo(char **args) {
  if (is(args[0], "udp")) echo_datagrams();
  int is_unix = is(args[0], "unix"), epoll = must(epoll_create1(0), "epoll_create1");
  int listener = is_unix ? unix_listener(args[1]) : bound(SOCK_STREAM, SOCK_NONBLOCK, 0);
  watch(epoll, listener, EPOLLIN);
  watch_driver();
  for (;;) {
    struct epoll_event events[256];
    int n = waited(epoll, events, 256);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          if (!is_unix) no_delay(fd);
          watch(epoll, fd, EPOLLIN);
        }
        continue;
      }
      ssize_t got = read(fd, room, sizeof room);
      if (got > 0) write_all(fd, room, got);
      else if (got == 0 || errno != EAGAIN) close(fd);
    }
  }
}

/** `relay PORT`: what one end of a connection sends goes to the other, to a port of this machine. */
static void relay(char **args) {
  static int other[1 << 16];
  int epoll = must(epoll_create1(0), "epoll_create1"), listener = bound(SOCK_STREAM, SOCK_NONBLOCK, 0), near;
  watch(epoll, listener, EPOLLIN);
  watch_driver();
  for (;;) {
    struct epoll_event event;
    waited(epoll, &event, 1);
    int fd = event.data.fd;
    if (fd == listener) {
      while ((near = accept4(listener, NULL, NULL, 0)) >= 0) {
        int far = connected(SOCK_STREAM, atoi(args[0]));
        no_delay(near);
        other[near] = far, other[far] = near;
        watch(epoll, near, EPOLLIN);
        watch(epoll, far, EPOLLIN);
      }
      continue;
    }
    ssize_t got = read(fd, room, sizeof room);
    if (got > 0) write_all(other[fd], room, got);
    else close(other[fd]), close(fd);
  }
}

/** `accept` */
static void accepts(char **args) {
  (void)args;
  int epoll = must(epoll_create1(0), "epoll_create1"), listener = bound(SOCK_STREAM, SOCK_NONBLOCK, 0), fd;
  watch(epoll, listener, EPOLLIN);
  watch_driver();
  for (;;) {
    struct epoll_event event;
    waited(epoll, &event, 1);
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
      no_delay(fd);
      close(fd);
    }
  }
}

/** `write PORT SIZE` */
static void writes(char **args) {
  int port = atoi(args[0]), size = atoi(args[1]);
  puts("{}");
  for (;;) {
    double left = command(), start = now();
    int fd = connected(SOCK_STREAM, port);
    for (; left > 0; left -= size) write_all(fd, room, size);
    shutdown(fd, SHUT_WR);
    while (read(fd, room, sizeof room) > 0) continue;
    close(fd);
    printf("{\"ms\":%.3f}\n", (now() - start) / 1000);
  }
}

/** `dial PORT AT_ONCE` */
static void dials(char **args) {
  struct sockaddr_in a = loopback(atoi(args[0]));
  int at_once = atoi(args[1]), epoll = must(epoll_create1(0), "epoll_create1");
  puts("{}");
  for (;;) {
    int count = command(), begun = 0, ended = 0;
    double start = now();
    while (ended < count) {
      for (; begun < count && begun - ended < at_once; begun++) {
        int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
        no_delay(fd);
        if (connect(fd, (void *)&a, sizeof a) < 0 && errno != EINPROGRESS) fail("connect");
        watch(epoll, fd, EPOLLOUT);
      }
      struct epoll_event events[64];
      int n = waited(epoll, events, 64);
      for (int i = 0; i < n; i++, ended++) close(events[i].data.fd);
    }
    printf("{\"ms\":%.3f}\n", (now() - start) / 1000);
  }
}

static int names, names_wanted;
static pthread_barrier_t begin, done;

static void *lookup(void *arg) {
  (void)arg;
  for (;;) {
    pthread_barrier_wait(&begin);
    for (;;) {
      int number = __atomic_add_fetch(&names, 1, __ATOMIC_RELAXED);
      if (number > names_wanted) break;
      char host[64];
      struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
      snprintf(host, sizeof host, "c%d.bench.test", number);
      int error = getaddrinfo(host, NULL, &hints, &found);
      if (error != 0) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(error));
        exit(1);
      }
      freeaddrinfo(found);
    }
    pthread_barrier_wait(&done);
  }
  return NULL;
}

/** `lookup AT_ONCE`: getaddrinfo, in a thread for each that is under way. */
static void lookups(char **args) {
  int at_once = atoi(args[0]);
  pthread_barrier_init(&begin, NULL, at_once + 1);
  pthread_barrier_init(&done, NULL, at_once + 1);
  for (int i = 0; i < at_once; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, lookup, NULL) != 0) fail("pthread_create");
  }
  puts("{}");
  for (;;) {
    names_wanted += command();
    double start = now();
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&done);
    names = names_wanted;
    printf("{\"ms\":%.3f}\n", (now() - start) / 1000);
  }
}

static long received;

static void *receive(void *arg) {
  while (recv(*(int *)arg, room, sizeof room, 0) >= 0) __atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
  return NULL;
}

/** `count` */
static void count(char **args) {
  (void)args;
  static int fd;
  int size = 4 << 20;
  fd = bound(SOCK_DGRAM, 0, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  pthread_t thread;
  if (pthread_create(&thread, NULL, receive, &fd) != 0) fail("pthread_create");
  for (;;) {
    command();
    printf("{\"received\":%ld}\n", __atomic_load_n(&received, __ATOMIC_RELAXED));
  }
}

/** `send PORT WAY` */
static void sends(char **args) {
  int fd = connected(SOCK_DGRAM, atoi(args[0])), each = is(args[1], "each");
  if (!each && !is(args[1], "batch")) exit(2);
  struct mmsghdr messages[64] = {0};
  struct iovec part = {room, MESSAGE};
  for (int i = 0; i < 64; i++) messages[i].msg_hdr.msg_iov = &part, messages[i].msg_hdr.msg_iovlen = 1;
  puts("{}");
  for (;;) {
    double ms = command(), start = now();
    long sent = 0;
    while (now() - start < ms * 1000) {
      if (each) for (int i = 0; i < 64; i++) sent += send(fd, room, MESSAGE, 0) > 0;
      else sent += must(sendmmsg(fd, messages, 64, 0), "sendmmsg");
    }
    printf("{\"sent\":%ld,\"ms\":%.3f}\n", sent, (now() - start) / 1000);
  }
}

/** `parse FILE` */
static void parse(char **args) {
  static char lines[1000][64];
  FILE *file = fopen(args[0], "r");
  int count = 0;
  while (file != NULL && count < 1000 && fgets(lines[count], sizeof *lines, file) != NULL)
    strtok(lines[count++], "\n");
  puts("{}");
  for (;;) {
    int rounds = command(), hits = 0;
    double start = now();
    for (int k = 0; k < rounds; k++) {
      for (int i = 0; i < count; i++) {
        int family = strchr(lines[i], ':') == NULL ? AF_INET : AF_INET6;
        hits += inet_pton(family, lines[i], room);
      }
    }
    printf("{\"ns\":%.3f,\"hits\":%d}\n", (now() - start) * 1000 / hits, hits);
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int arguments;
    void (*run)(char **);
  } roles[] = {{"echo", 2, echo},   {"relay", 1, relay},    {"accept", 0, accepts},
               {"write", 2, writes}, {"dial", 2, dials},    {"lookup", 1, lookups},
               {"count", 0, count}, {"send", 2, sends},     {"parse", 1, parse}};
  more_descriptors();
  for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++) {
    if (is(argv[1], roles[i].name) && argc == roles[i].arguments + 2) roles[i].run(argv + 2);
  }
  fprintf(stderr, "epoll: no such role\n");
  return 2;
}

// The neutral half of every row: what the measured side is talked to by, the same for all. `load ROLE ARGUMENTS`.
#include "side.h"

#define MOST 4000000 // round trips of a measurement
#define AT_ONCE 100  // idle connections that are made before the first of them is answered

static int ascending(const void *a, const void *b) {
  float d = *(const float *)a - *(const float *)b;
  return (d > 0) - (d < 0);
}

static void report_times(float *times, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += times[i];
  qsort(times, count, sizeof *times, ascending);
  printf("{\"ops\":%d,\"p50\":%.3f,\"mean\":%.3f,\"p99\":%.3f}\n", count, times[count / 2], sum / count,
         times[(int)(count * 0.99)]);
}

static void round_trip(int fd, int datagrams) {
  char p[MESSAGE] = {0};
  if (!datagrams) {
    write_all(fd, p, sizeof p);
    read_all(fd, p, sizeof p);
    return;
  }
  // A datagram may be lost: it is sent again when no answer comes (SO_RCVTIMEO).
  do must(send(fd, p, sizeof p, 0), "send");
  while (recv(fd, p, sizeof p, 0) < 0);
}

/**
 * `ping NETWORK ADDRESS IDLE PAUSE`: round trips one after the other, for the milliseconds commanded, PAUSE
 * milliseconds between two. IDLE other connections are there too; one of them in turn says a word after every hundredth.
 */
static void ping(char **args) {
  int is_unix = is(args[0], "unix"), is_udp = is(args[0], "udp"), idle = atoi(args[2]);
  useconds_t pause = atof(args[3]) * 1000;
  int fd;
  if (is_unix) {
    struct sockaddr_un a = unix_name(args[1]);
    fd = must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
    must(connect(fd, (void *)&a, sizeof a), "connect");
  } else {
    fd = connected(is_udp ? SOCK_DGRAM : SOCK_STREAM, atoi(args[1]));
  }
  struct timeval wait = {.tv_usec = 200000};
  if (is_udp) must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), "setsockopt");
  int *others = malloc((idle + 1) * sizeof *others);
  char p[MESSAGE] = {0};
  for (int first = 0; first < idle; first += AT_ONCE) {
    int end = first + AT_ONCE < idle ? first + AT_ONCE : idle;
    for (int i = first; i < end; i++) {
      others[i] = connected(SOCK_STREAM, atoi(args[1]));
      write_all(others[i], p, MESSAGE);
    }
    for (int i = first; i < end; i++) read_all(others[i], p, MESSAGE);
  }
  float *times = malloc(MOST * sizeof *times);
  int turn = 0;
  puts("{}");
  for (;;) {
    double ms = command(), until = now() + ms * 1000;
    int count = 0;
    for (double start = now(); start < until && count < MOST; start = now()) {
      round_trip(fd, is_udp);
      times[count++] = now() - start;
      if (idle > 0 && count % 100 == 0) round_trip(others[turn++ % idle], 0);
      if (pause > 0) usleep(pause);
    }
    if (count == 0) times[count++] = 0;
    report_times(times, count);
  }
}

/** `echo PORT COUNT`: so many connections, each with one message under way, for the milliseconds commanded. */
static void echo(char **args) {
  int port = atoi(args[0]), count = atoi(args[1]), epoll = must(epoll_create1(0), "epoll_create1");
  int *fds = malloc(count * sizeof *fds);
  char p[MESSAGE * 16] = {0};
  for (int i = 0; i < count; i++) {
    fds[i] = connected(SOCK_STREAM, port);
    watch(epoll, fds[i], EPOLLIN);
  }
  puts("{}");
  for (;;) {
    double ms = command(), start = now(), until = start + ms * 1000;
    long ops = 0;
    int out = 0;
    for (int i = 0; i < count; i++, out++) write_all(fds[i], p, MESSAGE);
    while (out > 0) {
      struct epoll_event events[256];
      int n = waited(epoll, events, 256), goes_on = now() < until;
      for (int i = 0; i < n; i++) {
        read_all(events[i].data.fd, p, MESSAGE);
        ops++;
        if (goes_on) write_all(events[i].data.fd, p, MESSAGE);
        else out--;
      }
    }
    printf("{\"ops\":%ld,\"ms\":%.3f}\n", ops, (now() - start) / 1000);
  }
}

/** `connect PORT AT_ONCE`: as many connections as commanded, each until the server closes it. */
static void connects(char **args) {
  int port = atoi(args[0]), at_once = atoi(args[1]), epoll = must(epoll_create1(0), "epoll_create1");
  puts("{}");
  for (;;) {
    int count = command(), begun = 0, ended = 0;
    double start = now();
    while (ended < count) {
      for (; begun < count && begun - ended < at_once; begun++) {
        struct sockaddr_in a = loopback(port);
        int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
        if (connect(fd, (void *)&a, sizeof a) < 0 && errno != EINPROGRESS) fail("connect");
        watch(epoll, fd, EPOLLIN | EPOLLRDHUP);
      }
      struct epoll_event events[64];
      int n = waited(epoll, events, 64);
      for (int i = 0; i < n; i++, ended++) close(events[i].data.fd);
    }
    printf("{\"ops\":%d,\"ms\":%.3f}\n", count, (now() - start) / 1000);
  }
}

/** `sink`: takes all that comes on a connection, then closes it; one connection after the other. */
static void sink(char **args) {
  (void)args;
  int listener = bound(SOCK_STREAM, 0, 0);
  char *p = malloc(1 << 20);
  watch_driver();
  for (;;) {
    int fd = must(accept(listener, NULL, NULL), "accept");
    while (read(fd, p, 1 << 20) > 0) continue;
    close(fd);
  }
}

/** `take`: takes as many bytes as the first eight of a connection say, then writes one; one after the other. */
static void take(char **args) {
  (void)args;
  int listener = bound(SOCK_STREAM, 0, 0);
  char *p = malloc(1 << 20);
  watch_driver();
  for (;;) {
    int fd = must(accept(listener, NULL, NULL), "accept");
    uint64_t left;
    read_all(fd, (char *)&left, sizeof left);
    for (left = le64toh(left); left > 0;) {
      ssize_t n = must(read(fd, p, left < 1 << 20 ? left : 1 << 20), "read");
      if (n == 0) exit(1);
      left -= n;
    }
    write_all(fd, p, 1);
    while (read(fd, p, 1) > 0) continue;
    close(fd);
  }
}

/** `source`: writes as many bytes as the first eight of a connection say, then closes it; one after the other. */
static void source(char **args) {
  (void)args;
  int listener = bound(SOCK_STREAM, 0, 0);
  char *p = calloc(1, 1 << 16);
  watch_driver();
  for (;;) {
    int fd = must(accept(listener, NULL, NULL), "accept");
    uint64_t left;
    read_all(fd, (char *)&left, sizeof left);
    for (left = le64toh(left); left > 0;) {
      size_t n = left < 1 << 16 ? left : 1 << 16;
      write_all(fd, p, n);
      left -= n;
    }
    shutdown(fd, SHUT_WR);
    while (read(fd, p, 1 << 16) > 0) continue;
    close(fd);
  }
}

/** `accept`: waits until the other end is closed, and closes. */
static void accepts(char **args) {
  (void)args;
  int listener = bound(SOCK_STREAM, 0, 0), epoll = must(epoll_create1(0), "epoll_create1");
  watch(epoll, listener, EPOLLIN);
  watch_driver();
  for (;;) {
    struct epoll_event events[64];
    int n = waited(epoll, events, 64);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) watch(epoll, must(accept(listener, NULL, NULL), "accept"), EPOLLIN);
      else close(fd);
    }
  }
}

/** `names`: a name server on port 53 that answers every question for an IPv4 address with 192.0.2.1. */
static void names(char **args) {
  (void)args;
  static const unsigned char answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1};
  int fd = bound(SOCK_DGRAM, 0, 53);
  watch_driver();
  for (;;) {
    unsigned char p[1500];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t n = must(recvfrom(fd, p, sizeof p - sizeof answer, 0, (void *)&from, &length), "recvfrom");
    int end = 12;
    while (end < n && p[end] != 0) end += p[end] + 1;
    if (n < 12 || end + 5 > n) continue;
    int is_a = p[end + 1] == 0 && p[end + 2] == 1;
    end += 5;
    p[2] = 0x81, p[3] = 0x80; // an answer to a question that wants recursion, which is there
    p[7] = is_a;
    memset(p + 8, 0, 4); // neither authorities nor additional records
    if (is_a) memcpy(p + end, answer, sizeof answer);
    sendto(fd, p, end + (is_a ? sizeof answer : 0), 0, (void *)&from, length);
  }
}

static long received;

static void *receive(void *arg) {
  struct mmsghdr messages[64] = {0};
  static char room[64][2048];
  struct iovec parts[64];
  for (int i = 0; i < 64; i++) {
    parts[i] = (struct iovec){room[i], sizeof room[i]};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    int n = must(recvmmsg(*(int *)arg, messages, 64, MSG_WAITFORONE, NULL), "recvmmsg");
    __atomic_fetch_add(&received, n, __ATOMIC_RELAXED);
  }
  return NULL;
}

/** `count`: counts the datagrams that come, and tells how many at each command. */
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

/** `flood PORT`: sends datagrams for the milliseconds commanded, as fast as it can. */
static void flood(char **args) {
  int fd = connected(SOCK_DGRAM, atoi(args[0]));
  char p[MESSAGE] = {0};
  puts("{}");
  for (;;) {
    double ms = command(), start = now();
    long sent = 0;
    for (; now() - start < ms * 1000; sent++) send(fd, p, sizeof p, 0);
    printf("{\"sent\":%ld,\"ms\":%.3f}\n", sent, (now() - start) / 1000);
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int arguments;
    void (*run)(char **);
  } roles[] = {{"ping", 4, ping},   {"echo", 2, echo},   {"connect", 2, connects}, {"sink", 0, sink},
               {"accept", 0, accepts}, {"names", 0, names}, {"count", 0, count},      {"flood", 1, flood},
               {"source", 0, source},  {"take", 0, take}};
  more_descriptors();
  for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++) {
    if (is(argv[1], roles[i].name) && argc == roles[i].arguments + 2) roles[i].run(argv + 2);
  }
  fprintf(stderr, "load: no such role\n");
  return 1;
}

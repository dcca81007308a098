/* Sockets, epoll and eventfd without their structures. Every call that a signal may interrupt is repeated. */
#define _GNU_SOURCE
#include "CMicroHTTPD.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Fills `address` from a literal; returns its size, 0 when `host` is none. */
static socklen_t parse_address(const char *host, uint16_t port, struct sockaddr_storage *address) {
  memset(address, 0, sizeof *address);
  struct sockaddr_in *four = (struct sockaddr_in *)address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
  if (strcmp(host, "localhost") == 0) host = "127.0.0.1";
  if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return sizeof *six;
  }
  return 0;
}

static void set_option(int descriptor, int level, int option, int value) {
  /* Best effort: a kernel without the option serves just as well. */
  (void)setsockopt(descriptor, level, option, &value, sizeof value);
}

int cmicrohttpd_listen(const char *host, uint16_t port, int backlog, uint16_t *bound_port) {
  struct sockaddr_storage address;
  socklen_t address_bytes = parse_address(host, port, &address);
  if (address_bytes == 0) return -EINVAL;
  int listener = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) return -errno;
  /* On Linux SO_REUSEADDR only forgives connections in TIME_WAIT: a port with a listener stays taken. */
  set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.ss_family == AF_INET6) set_option(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  /* Accepted sockets inherit these: a peer that vanished is noticed within about a minute. */
  set_option(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_option(listener, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(listener, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(listener, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
  if (bind(listener, (struct sockaddr *)&address, address_bytes) != 0 || listen(listener, backlog) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &address_bytes) != 0) {
    int error = errno;
    close(listener);
    return -error;
  }
  *bound_port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                    : ((struct sockaddr_in *)&address)->sin_port);
  return listener;
}

int cmicrohttpd_accept(int listener) {
  for (;;) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR && errno != ECONNABORTED) return -errno;
  }
}

int64_t cmicrohttpd_peek(int descriptor, uint8_t *room, size_t room_bytes) {
  for (;;) {
    ssize_t received = recv(descriptor, room, room_bytes, MSG_PEEK | MSG_DONTWAIT);
    if (received >= 0) return received;
    if (errno != EINTR) return -errno;
  }
}

int64_t cmicrohttpd_send(int descriptor, const uint8_t *bytes, size_t bytes_count) {
  for (;;) {
    ssize_t sent = send(descriptor, bytes, bytes_count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno != EINTR) return -errno;
  }
}

bool cmicrohttpd_discard(int descriptor) {
  uint8_t waste[4096];
  for (int pieces = 0; pieces < 16; pieces++) { /* a fast sender must not hold the caller */
    ssize_t received = recv(descriptor, waste, sizeof waste, MSG_DONTWAIT);
    if (received > 0) continue;
    if (received == 0) return false;
    if (errno != EINTR) return errno == EAGAIN || errno == EWOULDBLOCK;
  }
  return true;
}

void cmicrohttpd_shutdown(int descriptor) { (void)shutdown(descriptor, SHUT_RDWR); }

void cmicrohttpd_shutdown_sending(int descriptor) { (void)shutdown(descriptor, SHUT_WR); }

void cmicrohttpd_close(int descriptor) { (void)close(descriptor); /* never repeated: Linux frees it even on EINTR */ }

uint64_t cmicrohttpd_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024; /* the traditional default */
  struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

int cmicrohttpd_spare_descriptor(void) {
  int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int cmicrohttpd_event(void) {
  int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return event < 0 ? -errno : event;
}

void cmicrohttpd_event_raise(int event) {
  /* EAGAIN means the counter is full, so the reader will wake anyway. */
  while (eventfd_write(event, 1) != 0 && errno == EINTR) {
  }
}

void cmicrohttpd_event_clear(int event) {
  eventfd_t count = 0;
  while (eventfd_read(event, &count) != 0 && errno == EINTR) {
  }
}

int cmicrohttpd_watcher(void) {
  int watcher = epoll_create1(EPOLL_CLOEXEC);
  return watcher < 0 ? -errno : watcher;
}

int cmicrohttpd_watch(int watcher, int descriptor, uint64_t key, int interest) {
  struct epoll_event event = {.data.u64 = key};
  switch (interest) {
  case CMICROHTTPD_READABLE:
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    break;
  case CMICROHTTPD_GONE:
    event.events = EPOLLRDHUP | EPOLLET;
    break;
  default:
    event.events = EPOLLIN;
    break;
  }
  if (epoll_ctl(watcher, EPOLL_CTL_ADD, descriptor, &event) == 0) return 0;
  if (errno == EEXIST && epoll_ctl(watcher, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
  return -errno;
}

void cmicrohttpd_unwatch(int watcher, int descriptor) { (void)epoll_ctl(watcher, EPOLL_CTL_DEL, descriptor, NULL); }

int cmicrohttpd_wait(int watcher, uint64_t *keys, int keys_max, int timeout_ms) {
  struct epoll_event events[64];
  int count = epoll_wait(watcher, events, keys_max < 64 ? keys_max : 64, timeout_ms);
  for (int i = 0; i < count; i++) keys[i] = events[i].data.u64;
  return count < 0 ? 0 : count; /* interrupted: the caller looks at its deadlines and waits again */
}

int cmicrohttpd_wait_three(int first, int second, int third, int timeout_ms) {
  struct pollfd descriptors[3] = {{first, POLLIN, 0}, {second, POLLIN, 0}, {third, POLLIN, 0}};
  int count = poll(descriptors, 3, timeout_ms);
  if (count <= 0) return 0;
  int ready = 0;
  for (int i = 0; i < 3; i++)
    if (descriptors[i].revents != 0) ready |= 1 << i;
  return ready;
}

void cmicrohttpd_http_date(char text[30]) {
  time_t now = time(NULL);
  struct tm parts;
  gmtime_r(&now, &parts);
  strftime(text, 30, "%a, %d %b %Y %H:%M:%S GMT", &parts); /* the C locale: nobody calls setlocale */
}

const char *cmicrohttpd_error_text(int error, char *text, size_t text_bytes) {
  return strerror_r(error, text, text_bytes);
}

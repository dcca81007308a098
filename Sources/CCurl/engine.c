#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_PER_WAIT = 64 };

/* No timer is set. */
static const int64_t NEVER = INT64_MAX;

struct ccurl_engine {
  CURLM *multi;
  int epoll;
  int wake;
  /* Milliseconds of CLOCK_MONOTONIC. */
  int64_t timer_due;
};

static int64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* CURLMOPT_SOCKETFUNCTION: libcurl says which sockets it waits for. This interface costs O(1) an event;
   curl_multi_poll and curl_multi_perform visit every transfer in flight each time, with a poll() each. */
static int socket_wanted(CURL *easy, curl_socket_t socket, int what, void *engine_pointer, void *known) {
  (void)easy;
  struct ccurl_engine *engine = engine_pointer;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(engine->epoll, EPOLL_CTL_DEL, socket, NULL);
    return 0;
  }
  struct epoll_event event = {.data.fd = socket};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  if (epoll_ctl(engine->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0) return -1;
  if (!known) curl_multi_assign(engine->multi, socket, engine);
  return 0;
}

/* CURLMOPT_TIMERFUNCTION: one timer, replaced by every call. */
static int timer_wanted(CURLM *multi, long timeout_ms, void *engine_pointer) {
  (void)multi;
  struct ccurl_engine *engine = engine_pointer;
  engine->timer_due = timeout_ms < 0 ? NEVER : timeout_ms == 0 ? 0 : monotonic_ms() + timeout_ms;
  return 0;
}

ccurl_engine *ccurl_engine_new(int wake, long idle_connections_max) {
  struct ccurl_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->wake = wake;
  engine->timer_due = NEVER;
  engine->multi = curl_multi_init();
  engine->epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = wake};
  if (!engine->multi || engine->epoll < 0 || epoll_ctl(engine->epoll, EPOLL_CTL_ADD, wake, &event) != 0) {
    int error = errno;
    ccurl_engine_free(engine);
    errno = error;
    return NULL;
  }
  curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
  curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
  curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
  curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
  /* HTTP/1.1 only: never wait to find out whether a connection could be shared. */
  curl_multi_setopt(engine->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
  /* The default shrinks with the number of transfers in flight and would close connections we want back. */
  curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, idle_connections_max);
  return engine;
}

void ccurl_engine_free(ccurl_engine *engine) {
  if (engine->multi) curl_multi_cleanup(engine->multi);
  if (engine->epoll >= 0) close(engine->epoll);
  free(engine);
}

bool ccurl_engine_add(ccurl_engine *engine, ccurl_transfer *transfer) {
  return curl_multi_add_handle(engine->multi, transfer->easy) == CURLM_OK;
}

void ccurl_engine_remove(ccurl_engine *engine, ccurl_transfer *transfer) {
  curl_multi_remove_handle(engine->multi, transfer->easy);
}

void ccurl_engine_run_timers(ccurl_engine *engine) {
  if (engine->timer_due == NEVER || (engine->timer_due > 0 && engine->timer_due > monotonic_ms())) return;
  /* libcurl sets the timer again only if its time changed. */
  engine->timer_due = NEVER;
  int running;
  curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int wait_ms(const ccurl_engine *engine, int timeout_ms) {
  if (engine->timer_due == NEVER) return timeout_ms;
  int64_t left = engine->timer_due - monotonic_ms();
  if (left <= 0) return 0;
  if (left > INT_MAX) left = INT_MAX;
  return timeout_ms < 0 || left < timeout_ms ? (int)left : timeout_ms;
}

void ccurl_engine_wait(ccurl_engine *engine, int timeout_ms) {
  struct epoll_event events[EVENTS_PER_WAIT];
  int count = epoll_wait(engine->epoll, events, EVENTS_PER_WAIT, wait_ms(engine, timeout_ms));
  for (int place = 0; place < count; place++) {
    int ready = events[place].data.fd;
    if (ready == engine->wake) {
      eventfd_t ignored;
      eventfd_read(ready, &ignored);
      continue;
    }
    /* Errors are passed as readiness: libcurl then meets them in send or recv and learns what they are. */
    int what = 0;
    if (events[place].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) what |= CURL_CSELECT_IN;
    if (events[place].events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) what |= CURL_CSELECT_OUT;
    int running;
    curl_multi_socket_action(engine->multi, ready, what, &running);
  }
  ccurl_engine_run_timers(engine);
}

void *ccurl_engine_next_finished(ccurl_engine *engine, ccurl_result *result) {
  int left;
  const CURLMsg *message;
  while ((message = curl_multi_info_read(engine->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result;
    struct ccurl_transfer *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    ccurl_transfer_result(transfer, code, result);
    curl_multi_remove_handle(engine->multi, easy);
    return transfer->owner;
  }
  return NULL;
}

int ccurl_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void ccurl_wake(int wake) { eventfd_write(wake, 1); }

void ccurl_wake_close(int wake) { close(wake); }

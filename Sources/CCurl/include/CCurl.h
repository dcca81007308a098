/* The C wall for libcurl. Swift sees only these functions and simple types: curl_easy_setopt, curl_easy_getinfo and
   curl_multi_setopt are variadic, which Swift cannot call, and curl.h's macros stay out of every Swift build.

   Threads: an engine, its transfers and every callback belong to one thread. Only ccurl_wake may be called from
   others. */
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A curl multi handle, the epoll descriptor it is driven by, and its timer. */
typedef struct ccurl_engine ccurl_engine;
/* A curl easy handle, used for one request after the other. */
typedef struct ccurl_transfer ccurl_transfer;

/* How a transfer ended. */
enum ccurl_outcome {
  CCURL_DONE = 0,
  CCURL_INVALID_URL,
  CCURL_COULD_NOT_CONNECT,
  CCURL_CONNECT_TIMED_OUT,
  CCURL_CONNECTION_LOST,
  /* A callback of the transfer's owner returned false. */
  CCURL_STOPPED_BY_OWNER,
  CCURL_NOT_HTTP,
  CCURL_TOO_MANY_REDIRECTS,
  CCURL_OUT_OF_MEMORY,
};

typedef struct {
  enum ccurl_outcome outcome;
  /* The HTTP status code; 0 if no status line arrived. */
  int32_t status;
  /* errno of the last failed connect, else 0. */
  int32_t system_error;
} ccurl_result;

/* What libcurl asks of a transfer's owner. `owner` is the pointer given to ccurl_transfer_new. */
typedef struct {
  /* The connection stands and the request is about to be written to it; also before every repetition. */
  void (*will_send)(void *owner);
  /* Fills `buffer` with the next bytes of the body; returns how many. */
  size_t (*upload)(void *owner, uint8_t *buffer, size_t capacity);
  /* The body is needed from its first byte again (redirects, repetitions). */
  void (*rewind)(void *owner);
  /* One line of a response head with its line end: status line, field, or the empty line. false stops the transfer. */
  bool (*head_line)(void *owner, const uint8_t *bytes, size_t length);
  /* A piece of the response body. false stops the transfer. */
  bool (*body)(void *owner, const uint8_t *bytes, size_t length);
} ccurl_callbacks;

/* Certificates for https, as PEM files. NULL: the system's authorities, no certificate of our own. */
typedef struct {
  const char *authorities;
  const char *certificate;
  const char *key;
} ccurl_tls;

/* Must have returned true once before anything else here is called. */
bool ccurl_initialize(void);

/* `wake` is a descriptor from ccurl_wake_open that outlives the engine. NULL with errno set on failure. */
ccurl_engine *ccurl_engine_new(int wake, long idle_connections_max);
/* Closes all connections. Every transfer must have been removed. */
void ccurl_engine_free(ccurl_engine *engine);
/* Starts a prepared transfer; its first step is taken by the next ccurl_engine_run_timers. */
bool ccurl_engine_add(ccurl_engine *engine, ccurl_transfer *transfer);
/* Gives a transfer up before it finished; closes its connection. */
void ccurl_engine_remove(ccurl_engine *engine, ccurl_transfer *transfer);
/* Does what is due by time: first steps, connect timeouts, the next address to try. */
void ccurl_engine_run_timers(ccurl_engine *engine);
/* Waits for sockets, a wake-up, a timer, or `timeout_ms` (-1: for ever), then does what is due. */
void ccurl_engine_wait(ccurl_engine *engine, int timeout_ms);
/* Takes one finished transfer out of the engine. Returns its owner, or NULL if there is none. */
void *ccurl_engine_next_finished(ccurl_engine *engine, ccurl_result *result);

/* `tls` may be NULL; its strings are copied. NULL if there is no memory. */
ccurl_transfer *ccurl_transfer_new(void *owner, const ccurl_callbacks *callbacks, const ccurl_tls *tls);
void ccurl_transfer_free(ccurl_transfer *transfer);

/* Prepares the next request of a transfer. Everything pointed to is copied.

   `fields` holds `fields_length` bytes of "Name: value" lines, each ended by a NUL.
   `body` is sent with the head in one write if it is not NULL; if it is NULL, `body_length` bytes come from `upload`.
   `sends_body` false: a method without body, no Content-Length is sent.
   `repeatable`: libcurl may send it again after some of it was sent and the connection then ended without an answer. */
bool ccurl_transfer_prepare(ccurl_transfer *transfer, const char *url, const char *method, const uint8_t *fields,
                            size_t fields_length, bool sends_body, const uint8_t *body, size_t body_length,
                            long connect_timeout_ms, long redirects_max, bool repeatable);
/* Whether any byte of the request went to a socket. */
bool ccurl_transfer_has_sent(ccurl_transfer *transfer);
/* libcurl's own words about what went wrong; empty if it has none. Valid until the transfer is prepared again. */
const char *ccurl_transfer_error(ccurl_transfer *transfer);

/* A descriptor that makes ccurl_engine_wait return. -1 with errno set on failure. */
int ccurl_wake_open(void);
/* From any thread. */
void ccurl_wake(int wake);
void ccurl_wake_close(int wake);

/* Connects and hangs up again, within `timeout_ms` with name resolution. Returns 0 if the connection stood,
   ECONNREFUSED if the machine refused it, and -1 if neither is known. Blocks; any thread. */
int ccurl_probe(const char *url, long timeout_ms);

#endif

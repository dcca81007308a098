/*
 * The C wall for libmicrohttpd 0.9.75 (Debian 12): everything Swift can't call or shouldn't see.
 *
 * Variadic calls, va_list, unions, enums that may grow, sockaddr and epoll structures stay behind it. This header
 * needs nothing but fixed-width types, so no C module but this one ever imports <microhttpd.h>.
 *
 * Threads: a daemon and its connections are touched only by the thread that runs it. The descriptor functions are free
 * of state.
 */
#ifndef CMICROHTTPD_H
#define CMICROHTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;
struct MHD_Response;
struct cmicrohttpd_daemon;

/* --- The daemon ---------- */

/* Called on the thread that runs the daemon. `context` is what `connection_opened` returned. */
struct cmicrohttpd_callbacks {
  /* Passed to `connection_opened` and `log`. */
  void *loop;
  /* A socket became a connection. Returns its context, never NULL. */
  void *(*connection_opened)(void *loop, struct MHD_Connection *connection, int descriptor);
  /* The last callback for this context. */
  void (*connection_closed)(void *context);
  /* A request line is in; `target` is raw, not NUL-terminated for the reader's purposes, and dies with the call. */
  void (*request_began)(void *context, const uint8_t *target, size_t target_bytes);
  /* The library's access handler: headers, then body pieces, then the end (see its manual). False closes the
     connection. */
  bool (*request_continued)(void *context, struct MHD_Connection *connection, const char *method, const char *version,
                            const uint8_t *piece, size_t piece_bytes);
  /* The reply was handed to the kernel (`completed`) or the request died. Once for every `request_began`. */
  void (*request_ended)(void *context, bool completed);
  /* The library is about to answer a request by itself, with HTML, and then to close its connection. It says neither
     which connection nor which request. Nothing is sent before the call returns. `about` is one of the CMICROHTTPD_OWN
     values. */
  void (*refusal_due)(void *loop, unsigned int status, int about);
  /* A line of the library's own log, not NUL-terminated. */
  void (*log)(void *loop, const char *line, size_t line_bytes);
};

/* What the library answers by itself: a request's head, */
#define CMICROHTTPD_OWN_HEAD 1
/* or the chunks of its body. */
#define CMICROHTTPD_OWN_CHUNKS 2

/* A daemon without listening socket and without thread of its own, or NULL. The callbacks are copied. */
struct cmicrohttpd_daemon *cmicrohttpd_start(const struct cmicrohttpd_callbacks *callbacks,
                                             unsigned int connections_max);
/* Readable when the daemon has work: wait on it no longer than `cmicrohttpd_timeout_ms`. */
int cmicrohttpd_descriptor(const struct cmicrohttpd_daemon *daemon);
/* How long the caller may wait before `cmicrohttpd_run`; -1 is for ever. */
int cmicrohttpd_timeout_ms(struct cmicrohttpd_daemon *daemon);
/* Serves what is ready, without blocking. */
bool cmicrohttpd_run(struct cmicrohttpd_daemon *daemon);
/* Hands over an accepted socket. Closes it and returns false when the library can't take it. */
bool cmicrohttpd_add(struct cmicrohttpd_daemon *daemon, int descriptor);
/* Closes every connection and frees the daemon. No connection may be suspended: the library would abort the process. */
void cmicrohttpd_stop(struct cmicrohttpd_daemon *daemon);
/* Once a process: a panic of the library is written to standard error, then the process aborts. Ignores SIGPIPE. */
void cmicrohttpd_prepare_process(void);

/* --- A connection ---------- */

void cmicrohttpd_suspend(struct MHD_Connection *connection);
void cmicrohttpd_resume(struct MHD_Connection *connection);
/* The peer's address as text ("127.0.0.1:4711", "[::1]:4711"), NUL-terminated; returns its length, 0 when unknown. */
size_t cmicrohttpd_remote_address(struct MHD_Connection *connection, char *text, size_t text_bytes);

/* Whether all headers of its request are in. */
bool cmicrohttpd_has_whole_head(struct MHD_Connection *connection);

/* What is wrong with a request's headers. The library accepts all of these. */
#define CMICROHTTPD_BAD_NAME 0x001               /* a name with a byte outside RFC 9110's token */
#define CMICROHTTPD_BAD_VALUE 0x002              /* a control character in a value */
#define CMICROHTTPD_REPEATED_LENGTH 0x004        /* more than one Content-Length, or a list in it */
#define CMICROHTTPD_BAD_LENGTH 0x008             /* not only digits */
#define CMICROHTTPD_LENGTH_AND_ENCODING 0x010    /* both Content-Length and Transfer-Encoding */
#define CMICROHTTPD_UNSUPPORTED_ENCODING 0x020   /* Transfer-Encoding is not exactly `chunked` */
#define CMICROHTTPD_MISSING_HOST 0x040           /* HTTP/1.1 without Host */
#define CMICROHTTPD_REPEATED_HOST 0x080          /* more than one Host */
#define CMICROHTTPD_HEADERS_TOO_LARGE 0x100      /* more than allowed, or larger together */
#define CMICROHTTPD_ENCODING_BEFORE_1_1 0x200    /* Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1: faulty framing) */
#define CMICROHTTPD_REPEATED_TYPE 0x400          /* more than one Content-Type */
#define CMICROHTTPD_LOST_BYTES 0x800             /* a folded line, a NUL, a line without name: parts were lost */

struct cmicrohttpd_head {
  uint32_t violations;
  bool has_length;
  bool is_chunked;
  /* UINT64_MAX when it is larger than that. */
  uint64_t content_length;
  /* Bytes written to `packed`: for each header its name's length and its value's length (16 bits each, little
     endian), then both. */
  size_t packed_bytes;
};

/* One pass over the request's headers: checks them and packs them, in the order received. `method` and `version` are
 * those of `request_continued`. A header counts 4 bytes beside its name and value, so `header_bytes_max` is room
 * enough; headers above the limits are not packed. */
void cmicrohttpd_inspect(struct MHD_Connection *connection, const char *method, const char *version,
                         size_t headers_max, size_t header_bytes_max, uint8_t *packed, size_t packed_bytes_max,
                         struct cmicrohttpd_head *head);

/* --- A reply ---------- */

/* A reply with this body, which is copied. NULL without memory. */
struct MHD_Response *cmicrohttpd_reply(const uint8_t *body, size_t body_bytes);

/* The next bytes of a reply of unknown length: how many were written into `room`, 0 after suspending, or one of the
   two below. */
typedef int64_t (*cmicrohttpd_stream_read)(void *stream, uint8_t *room, size_t room_bytes);
/* The body is complete. */
#define CMICROHTTPD_STREAM_END (-1)
/* The body can't be completed: close the connection. */
#define CMICROHTTPD_STREAM_ABORT (-2)
/* The library is done with the stream. */
typedef void (*cmicrohttpd_stream_released)(void *stream);
/* A reply whose body comes from `read`. NULL without memory: then nothing will be released. */
struct MHD_Response *cmicrohttpd_streamed_reply(void *stream, cmicrohttpd_stream_read read,
                                                cmicrohttpd_stream_released released);

/* False when the library refuses the header. */
bool cmicrohttpd_add_header(struct MHD_Response *reply, const char *name, const char *value);
/* Queues the reply and gives up the caller's hold on it. False: the library took it not. */
bool cmicrohttpd_queue(struct MHD_Connection *connection, unsigned int status, struct MHD_Response *reply);

/* --- Sockets and waiting ---------- */

/* A non-blocking listening socket on an IPv4 or IPv6 literal or "localhost" (127.0.0.1), bound exclusively; port 0
 * takes a free one. Its connections inherit keep-alive probes.
 * Returns the descriptor and sets `bound_port`, or -errno. */
int cmicrohttpd_listen(const char *host, uint16_t port, int backlog, uint16_t *bound_port);
/* The next connection, non-blocking, or -errno. */
int cmicrohttpd_accept(int listener);
/* Looks at received bytes without taking them: bytes (0 is the end) or -errno. */
int64_t cmicrohttpd_peek(int descriptor, uint8_t *room, size_t room_bytes);
/* Sends without blocking and without SIGPIPE: bytes or -errno. */
int64_t cmicrohttpd_send(int descriptor, const uint8_t *bytes, size_t bytes_count);
/* Throws away what was received: true while the peer may still send. */
bool cmicrohttpd_discard(int descriptor);
void cmicrohttpd_shutdown(int descriptor);
void cmicrohttpd_shutdown_sending(int descriptor);
void cmicrohttpd_close(int descriptor);
/* Raises the process's limit of open files as far as allowed and returns it. */
uint64_t cmicrohttpd_raise_descriptor_limit(void);
/* A descriptor on nothing, to give up when the process has run out of them; or -errno. */
int cmicrohttpd_spare_descriptor(void);

/* An eventfd, or -errno. */
int cmicrohttpd_event(void);
void cmicrohttpd_event_raise(int event);
void cmicrohttpd_event_clear(int event);

#define CMICROHTTPD_READABLE 1  /* whenever bytes arrive, and the peer's end */
#define CMICROHTTPD_GONE 2      /* the peer closed or reset; reported once each time it is watched */
#define CMICROHTTPD_READABLE_LEVEL 3  /* while readable */
/* An epoll descriptor, or -errno. */
int cmicrohttpd_watcher(void);
/* Reports `key` for this descriptor from now on, until it is closed. Again: looks anew. 0 or -errno. */
int cmicrohttpd_watch(int watcher, int descriptor, uint64_t key, int interest);
void cmicrohttpd_unwatch(int watcher, int descriptor);
/* Waits at most `timeout_ms` (-1: for ever) and fills `keys`. Returns how many. */
int cmicrohttpd_wait(int watcher, uint64_t *keys, int keys_max, int timeout_ms);
/* Waits until one of three descriptors is readable; returns a bit for each (1, 2, 4). */
int cmicrohttpd_wait_three(int first, int second, int third, int timeout_ms);

/* "Sun, 06 Nov 1994 08:49:37 GMT" (29 characters and a NUL), for replies written without the library. */
void cmicrohttpd_http_date(char text[30]);
/* The sentence for an errno value. */
const char *cmicrohttpd_error_text(int error, char *text, size_t text_bytes);

#endif

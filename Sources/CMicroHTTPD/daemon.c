/* The daemon, its callbacks, its connections and replies: the only file that includes <microhttpd.h>, with
   headers.c. */
#define _GNU_SOURCE
#include "CMicroHTTPD.h"

#include <arpa/inet.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct cmicrohttpd_daemon {
  struct MHD_Daemon *library;
  struct cmicrohttpd_callbacks callbacks;
  int descriptor;
};

static void *connection_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

/* The library writes this line right before it answers a request by itself: the only sign it gives. The words are those
   of 0.9.75; StrictnessTests would notice others. */
static const char own_refusal[] = "Error processing request (HTTP response code is %u ('%s')).";

static void on_log(void *closure, const char *format, va_list arguments) {
  const struct cmicrohttpd_daemon *daemon = closure;
  if (strncmp(format, own_refusal, sizeof own_refusal - 1) == 0) {
    va_list copy;
    va_copy(copy, arguments);
    unsigned int status = va_arg(copy, unsigned int);
    const char *body = va_arg(copy, const char *);
    va_end(copy);
    bool is_chunks = strstr(body, "chunk") != NULL;
    daemon->callbacks.refusal_due(daemon->callbacks.loop, status,
                                  is_chunks ? CMICROHTTPD_OWN_CHUNKS : CMICROHTTPD_OWN_HEAD);
  }
  char line[512];
  int length = vsnprintf(line, sizeof line, format, arguments);
  if (length <= 0) return;
  if ((size_t)length >= sizeof line) length = sizeof line - 1;
  daemon->callbacks.log(daemon->callbacks.loop, line, (size_t)length);
}

static void on_connection(void *closure, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
  const struct cmicrohttpd_daemon *daemon = closure;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int descriptor = info == NULL ? -1 : info->connect_fd;
    *context = daemon->callbacks.connection_opened(daemon->callbacks.loop, connection, descriptor);
  } else if (*context != NULL) {
    daemon->callbacks.connection_closed(*context);
    *context = NULL;
  }
}

/* The request's context is its connection's: HTTP/1.1 has one request at a time on a connection, so nothing need be
   allocated a request. */
static void *on_target(void *closure, const char *target, struct MHD_Connection *connection) {
  const struct cmicrohttpd_daemon *daemon = closure;
  void *context = connection_context(connection);
  if (context != NULL) daemon->callbacks.request_began(context, (const uint8_t *)target, strlen(target));
  return context;
}

static enum MHD_Result on_request(void *closure, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *piece, size_t *piece_bytes, void **context) {
  (void)url; /* Cut and altered by the library: the target is taken from on_target. */
  const struct cmicrohttpd_daemon *daemon = closure;
  if (*context == NULL) return MHD_NO;
  bool goes_on = daemon->callbacks.request_continued(*context, connection, method, version, (const uint8_t *)piece,
                                                     *piece_bytes);
  *piece_bytes = 0;
  return goes_on ? MHD_YES : MHD_NO;
}

static void on_completed(void *closure, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
  (void)connection;
  const struct cmicrohttpd_daemon *daemon = closure;
  if (*context != NULL) daemon->callbacks.request_ended(*context, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
  *context = NULL;
}

/* Its own unescaping ends a path at %00 (seen); ours keeps the bytes and Swift decodes them. */
static size_t leave_escaped(void *closure, struct MHD_Connection *connection, char *text) {
  (void)closure;
  (void)connection;
  return strlen(text);
}

struct cmicrohttpd_daemon *cmicrohttpd_start(const struct cmicrohttpd_callbacks *callbacks,
                                             unsigned int connections_max) {
  struct cmicrohttpd_daemon *daemon = calloc(1, sizeof *daemon);
  if (daemon == NULL) return NULL;
  daemon->callbacks = *callbacks;
  unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG;
  daemon->library = MHD_start_daemon(
      flags, 0, NULL, NULL, on_request, daemon,
      MHD_OPTION_EXTERNAL_LOGGER, on_log, daemon, /* must be the first */
      MHD_OPTION_NOTIFY_CONNECTION, on_connection, daemon,
      MHD_OPTION_URI_LOG_CALLBACK, on_target, daemon,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, daemon,
      MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, daemon,
      MHD_OPTION_CONNECTION_LIMIT, connections_max,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(32 * 1024), /* above it, each connection is an mmap */
      MHD_OPTION_STRICT_FOR_CLIENT, 0, /* level 1 answers some requests twice; headers.c checks instead */
      MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
      MHD_OPTION_END);
  if (daemon->library == NULL) {
    free(daemon);
    return NULL;
  }
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon->library, MHD_DAEMON_INFO_EPOLL_FD);
  daemon->descriptor = info->epoll_fd;
  return daemon;
}

int cmicrohttpd_descriptor(const struct cmicrohttpd_daemon *daemon) { return daemon->descriptor; }

int cmicrohttpd_timeout_ms(struct cmicrohttpd_daemon *daemon) {
  MHD_UNSIGNED_LONG_LONG timeout = 0;
  if (MHD_get_timeout(daemon->library, &timeout) == MHD_NO) return -1;
  return timeout > INT_MAX ? INT_MAX : (int)timeout;
}

bool cmicrohttpd_run(struct cmicrohttpd_daemon *daemon) { return MHD_run(daemon->library) == MHD_YES; }

bool cmicrohttpd_add(struct cmicrohttpd_daemon *daemon, int descriptor) {
  struct sockaddr_storage address;
  socklen_t address_bytes = sizeof address;
  if (getpeername(descriptor, (struct sockaddr *)&address, &address_bytes) != 0) { /* gone already */
    close(descriptor);
    return false;
  }
  return MHD_add_connection(daemon->library, descriptor, (const struct sockaddr *)&address, address_bytes) == MHD_YES;
}

void cmicrohttpd_stop(struct cmicrohttpd_daemon *daemon) {
  MHD_stop_daemon(daemon->library);
  free(daemon);
}

static void on_panic(void *closure, const char *file, unsigned int line, const char *reason) {
  (void)closure;
  if (reason == NULL) reason = "no reason given";
  fprintf(stderr, "tandem: libmicrohttpd panicked at %s:%u: %s\n", file, line, reason);
  abort(); /* its manual: going on is never safe */
}

void cmicrohttpd_prepare_process(void) {
  MHD_set_panic_func(on_panic, NULL);
  signal(SIGPIPE, SIG_IGN);
}

void cmicrohttpd_suspend(struct MHD_Connection *connection) { MHD_suspend_connection(connection); }

void cmicrohttpd_resume(struct MHD_Connection *connection) { MHD_resume_connection(connection); }

bool cmicrohttpd_has_whole_head(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE) != NULL;
}

size_t cmicrohttpd_remote_address(struct MHD_Connection *connection, char *text, size_t text_bytes) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == NULL || info->client_addr == NULL) return 0;
  char host[INET6_ADDRSTRLEN];
  int length = 0;
  if (info->client_addr->sa_family == AF_INET) {
    const struct sockaddr_in *address = (const struct sockaddr_in *)info->client_addr;
    if (inet_ntop(AF_INET, &address->sin_addr, host, sizeof host) == NULL) return 0;
    length = snprintf(text, text_bytes, "%s:%u", host, ntohs(address->sin_port));
  } else if (info->client_addr->sa_family == AF_INET6) {
    const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)info->client_addr;
    if (inet_ntop(AF_INET6, &address->sin6_addr, host, sizeof host) == NULL) return 0;
    length = snprintf(text, text_bytes, "[%s]:%u", host, ntohs(address->sin6_port));
  }
  return length < 0 || (size_t)length >= text_bytes ? 0 : (size_t)length;
}

struct MHD_Response *cmicrohttpd_reply(const uint8_t *body, size_t body_bytes) {
  return MHD_create_response_from_buffer(body_bytes, (void *)body, MHD_RESPMEM_MUST_COPY);
}

struct streamed_reply {
  void *stream;
  cmicrohttpd_stream_read read;
  cmicrohttpd_stream_released released;
};

static ssize_t on_stream_read(void *closure, uint64_t position, char *room, size_t room_bytes) {
  (void)position;
  const struct streamed_reply *reply = closure;
  int64_t written = reply->read(reply->stream, (uint8_t *)room, room_bytes);
  if (written == CMICROHTTPD_STREAM_END) return MHD_CONTENT_READER_END_OF_STREAM;
  if (written < 0) return MHD_CONTENT_READER_END_WITH_ERROR;
  return (ssize_t)written;
}

static void on_stream_released(void *closure) {
  struct streamed_reply *reply = closure;
  reply->released(reply->stream);
  free(reply);
}

struct MHD_Response *cmicrohttpd_streamed_reply(void *stream, cmicrohttpd_stream_read read,
                                                cmicrohttpd_stream_released released) {
  struct streamed_reply *reply = malloc(sizeof *reply);
  if (reply == NULL) return NULL;
  *reply = (struct streamed_reply){.stream = stream, .read = read, .released = released};
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 * 1024, on_stream_read, reply, on_stream_released);
  if (response == NULL) free(reply);
  return response;
}

bool cmicrohttpd_add_header(struct MHD_Response *reply, const char *name, const char *value) {
  return MHD_add_response_header(reply, name, value) == MHD_YES;
}

bool cmicrohttpd_queue(struct MHD_Connection *connection, unsigned int status, struct MHD_Response *reply) {
  bool queued = MHD_queue_response(connection, status, reply) == MHD_YES;
  MHD_destroy_response(reply);
  return queued;
}

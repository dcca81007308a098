#define _GNU_SOURCE
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* A connection idle for longer is not used again: servers of this product close theirs after 75 s, and a request must
   not meet the closing. */
static const long IDLE_SECONDS_MAX = 45;

bool ccurl_initialize(void) { return curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK; }

void ccurl_set_common_options(CURL *easy) {
  /* Threads and SIGALRM do not mix. */
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  /* An empty proxy beats http_proxy, https_proxy and all_proxy of the environment. */
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  /* A name that does not resolve in time must not hold up the other transfers: libcurl would join the resolver's
     thread; so it leaves the thread to end, and clean up, by itself. */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

static size_t head_line_arrived(char *bytes, size_t size, size_t count, void *transfer_pointer) {
  struct ccurl_transfer *transfer = transfer_pointer;
  size_t length = size * count;
  return transfer->callbacks.head_line(transfer->owner, (const uint8_t *)bytes, length) ? length : 0;
}

static size_t body_arrived(char *bytes, size_t size, size_t count, void *transfer_pointer) {
  struct ccurl_transfer *transfer = transfer_pointer;
  size_t length = size * count;
  if (length == 0) return 0;
  return transfer->callbacks.body(transfer->owner, (const uint8_t *)bytes, length) ? length : 0;
}

static size_t body_wanted(char *buffer, size_t size, size_t count, void *transfer_pointer) {
  struct ccurl_transfer *transfer = transfer_pointer;
  return transfer->callbacks.upload(transfer->owner, (uint8_t *)buffer, size * count);
}

static int body_rewound(void *transfer_pointer, curl_off_t offset, int origin) {
  struct ccurl_transfer *transfer = transfer_pointer;
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  transfer->callbacks.rewind(transfer->owner);
  return CURL_SEEKFUNC_OK;
}

static long request_bytes_sent(CURL *easy) {
  long sent = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
  return sent;
}

/* CURLOPT_PREREQFUNCTION. When a reused connection ends before a byte of the answer came, libcurl sends the request
   again on another one, whatever its method. The server may have acted on the first, so only repeatable requests, and
   those of which nothing was sent, may go on here. */
static int request_begins(void *transfer_pointer, char *remote, char *local, int remote_port, int local_port) {
  (void)remote, (void)local, (void)remote_port, (void)local_port;
  struct ccurl_transfer *transfer = transfer_pointer;
  long redirects = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_COUNT, &redirects);
  long sent = request_bytes_sent(transfer->easy);
  bool repeats = transfer->attempts > redirects;
  if (repeats && !transfer->repeatable && sent > transfer->sent_before_attempt) {
    transfer->repetition_refused = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer->attempts = redirects + 1;
  transfer->sent_before_attempt = sent;
  transfer->callbacks.will_send(transfer->owner);
  return CURL_PREREQFUNC_OK;
}

static void set_lasting_options(struct ccurl_transfer *transfer, const ccurl_tls *tls) {
  CURL *easy = transfer->easy;
  ccurl_set_common_options(easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, IDLE_SECONDS_MAX);
  /* The URL goes out as it was given. */
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, head_line_arrived);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_arrived);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_wanted);
  curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, body_rewound);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, request_begins);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  if (!tls) return;
  if (tls->authorities) curl_easy_setopt(easy, CURLOPT_CAINFO, tls->authorities);
  if (tls->certificate) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->certificate);
  if (tls->key) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls->key);
}

ccurl_transfer *ccurl_transfer_new(void *owner, const ccurl_callbacks *callbacks, const ccurl_tls *tls) {
  struct ccurl_transfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer) return NULL;
  transfer->owner = owner;
  transfer->callbacks = *callbacks;
  transfer->easy = curl_easy_init();
  if (!transfer->easy) {
    free(transfer);
    return NULL;
  }
  set_lasting_options(transfer, tls);
  return transfer;
}

void ccurl_transfer_free(ccurl_transfer *transfer) {
  curl_easy_cleanup(transfer->easy);
  free(transfer->fields);
  free(transfer);
}

/* Makes the header list in one block of memory: libcurl only reads the list, so its nodes need not come from
   curl_slist_append, which takes two allocations a field. */
static bool set_fields(struct ccurl_transfer *transfer, const uint8_t *bytes, size_t length) {
  size_t count = 0;
  for (size_t place = 0; place < length; place++) count += bytes[place] == 0;
  size_t needed = count * sizeof(struct curl_slist) + length;
  if (needed > transfer->fields_capacity) {
    struct curl_slist *larger = realloc(transfer->fields, needed);
    if (!larger) return false;
    transfer->fields = larger;
    transfer->fields_capacity = needed;
  }
  struct curl_slist *nodes = transfer->fields;
  char *text = (char *)(nodes + count);
  if (length > 0) memcpy(text, bytes, length);
  for (size_t place = 0; place < count; place++) {
    nodes[place].data = text;
    nodes[place].next = place + 1 < count ? &nodes[place + 1] : NULL;
    text += strlen(text) + 1;
  }
  curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, count > 0 ? nodes : NULL);
  return true;
}

static CURLcode set_method(CURL *easy, const char *method, bool sends_body) {
  if (strcmp(method, "HEAD") == 0) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  }
  curl_easy_setopt(easy, sends_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
  bool is_default = strcmp(method, sends_body ? "POST" : "GET") == 0;
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, is_default ? NULL : method);
}

static CURLcode set_body(CURL *easy, const uint8_t *body, size_t length) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
  if (code != CURLE_OK) return code;
  if (length == 0) return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
  if (body) return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
  return curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
}

bool ccurl_transfer_prepare(ccurl_transfer *transfer, const char *url, const char *method, const uint8_t *fields,
                            size_t fields_length, bool sends_body, const uint8_t *body, size_t body_length,
                            long connect_timeout_ms, long redirects_max, bool repeatable) {
  CURL *easy = transfer->easy;
  transfer->repeatable = repeatable;
  transfer->repetition_refused = false;
  transfer->attempts = 0;
  transfer->sent_before_attempt = 0;
  transfer->error[0] = '\0';
  if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK) return false;
  if (!set_fields(transfer, fields, fields_length)) return false;
  if (sends_body && set_body(easy, body, body_length) != CURLE_OK) return false;
  if (set_method(easy, method, sends_body) != CURLE_OK) return false;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, redirects_max > 0 ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, redirects_max);
  return true;
}

bool ccurl_transfer_has_sent(ccurl_transfer *transfer) { return request_bytes_sent(transfer->easy) > 0; }

const char *ccurl_transfer_error(ccurl_transfer *transfer) { return transfer->error; }

static enum ccurl_outcome outcome_of(const struct ccurl_transfer *transfer, CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return CCURL_DONE;
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED:
      return CCURL_INVALID_URL;
    case CURLE_UNSUPPORTED_PROTOCOL:
      /* Also an answer without a status line. */
      return request_bytes_sent(transfer->easy) > 0 ? CCURL_NOT_HTTP : CCURL_INVALID_URL;
    case CURLE_WEIRD_SERVER_REPLY:
      return CCURL_NOT_HTTP;
    case CURLE_TOO_MANY_REDIRECTS:
      return CCURL_TOO_MANY_REDIRECTS;
    case CURLE_OPERATION_TIMEDOUT:
      /* The only timeout libcurl knows of is the one for connecting. */
      return CCURL_CONNECT_TIMED_OUT;
    case CURLE_OUT_OF_MEMORY:
      return CCURL_OUT_OF_MEMORY;
    case CURLE_WRITE_ERROR:
      return CCURL_STOPPED_BY_OWNER;
    case CURLE_ABORTED_BY_CALLBACK:
      return transfer->repetition_refused ? CCURL_CONNECTION_LOST : CCURL_STOPPED_BY_OWNER;
    default:
      return request_bytes_sent(transfer->easy) > 0 && code != CURLE_COULDNT_CONNECT ? CCURL_CONNECTION_LOST
                                                                                     : CCURL_COULD_NOT_CONNECT;
  }
}

void ccurl_transfer_result(struct ccurl_transfer *transfer, CURLcode code, ccurl_result *result) {
  long status = 0, system_error = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  /* Stale unless this very connect failed: libcurl does not clear it between requests. */
  if (code == CURLE_COULDNT_CONNECT) curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &system_error);
  result->outcome = outcome_of(transfer, code);
  result->status = (int32_t)status;
  result->system_error = (int32_t)system_error;
  if (transfer->error[0] == '\0' && code != CURLE_OK) {
    strncpy(transfer->error, curl_easy_strerror(code), sizeof transfer->error - 1);
  }
  if (transfer->repetition_refused) {
    strcpy(transfer->error, "the connection ended before an answer came");
  }
}

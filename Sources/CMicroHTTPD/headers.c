/* One pass over a request's headers: the checks libmicrohttpd 0.9.75 leaves out, and a packed copy for Swift. */
#include "CMicroHTTPD.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

/* The library hands out pieces of the head as it was received, in order, with each line's end overwritten. It joins
   folded lines elsewhere, cuts values at a NUL, and takes a line without name for the end of the head: each leaves more
   bytes between two pieces than a line's end has, or a piece outside. */
struct cursor {
  uintptr_t at; /* where the last piece ended */
  uintptr_t end; /* of the head */
  bool has_lost_bytes;
};

struct inspection {
  struct cursor cursor;
  struct cmicrohttpd_head *head;
  uint8_t *packed;
  size_t packed_bytes_max;
  size_t headers;
  size_t headers_max;
  size_t header_bytes;
  size_t header_bytes_max;
  unsigned int lengths;
  unsigned int encodings;
  unsigned int hosts;
  unsigned int types;
};

/* RFC 9110 §5.6.2 */
static bool is_token_byte(unsigned char byte) {
  if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9')) return true;
  return byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

static bool is_token(const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (!is_token_byte((unsigned char)text[i])) return false;
  return bytes > 0;
}

static bool is_field_value(const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) {
    unsigned char byte = (unsigned char)text[i];
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

static bool equals(const char *text, size_t bytes, const char *word) {
  return bytes == strlen(word) && strncasecmp(text, word, bytes) == 0;
}

static void read_length(struct inspection *inspection, const char *value, size_t bytes) {
  inspection->lengths++;
  inspection->head->has_length = true;
  uint64_t length = 0;
  bool is_good = bytes > 0;
  for (size_t i = 0; is_good && i < bytes; i++) {
    is_good = value[i] >= '0' && value[i] <= '9';
    uint64_t digit = (uint64_t)(value[i] - '0');
    length = length > (UINT64_MAX - digit) / 10 ? UINT64_MAX : length * 10 + digit;
  }
  if (memchr(value, ',', bytes) != NULL)
    inspection->head->violations |= CMICROHTTPD_REPEATED_LENGTH;
  else if (!is_good)
    inspection->head->violations |= CMICROHTTPD_BAD_LENGTH;
  inspection->head->content_length = length;
}

/* Goes over a piece that follows the last one after `gap_min` to `gap_max` bytes. */
static void go_over(struct cursor *cursor, const char *piece, size_t bytes, size_t gap_min, size_t gap_max) {
  uintptr_t start = (uintptr_t)piece;
  bool is_next = start >= cursor->at + gap_min && start - cursor->at <= gap_max && start + bytes <= cursor->end;
  if (!is_next) cursor->has_lost_bytes = true;
  cursor->at = start + bytes;
}

static void put_size(uint8_t *place, size_t size) {
  place[0] = (uint8_t)(size & 0xff);
  place[1] = (uint8_t)(size >> 8);
}

static void pack(struct inspection *inspection, const char *name, size_t name_bytes, const char *value,
                 size_t value_bytes) {
  size_t used = inspection->head->packed_bytes;
  size_t needed = 4 + name_bytes + value_bytes;
  if (name_bytes > UINT16_MAX || value_bytes > UINT16_MAX || needed > inspection->packed_bytes_max - used) {
    inspection->head->violations |= CMICROHTTPD_HEADERS_TOO_LARGE;
    return;
  }
  uint8_t *place = inspection->packed + used;
  put_size(place, name_bytes);
  put_size(place + 2, value_bytes);
  memcpy(place + 4, name, name_bytes);
  memcpy(place + 4 + name_bytes, value, value_bytes);
  inspection->head->packed_bytes = used + needed;
}

static enum MHD_Result on_header(void *closure, enum MHD_ValueKind kind, const char *name, size_t name_bytes,
                                 const char *value, size_t value_bytes) {
  (void)kind;
  struct inspection *inspection = closure;
  struct cmicrohttpd_head *head = inspection->head;
  if (name != NULL && value != NULL) {
    go_over(&inspection->cursor, name, name_bytes, 1, 2);           /* LF or CRLF */
    go_over(&inspection->cursor, value, value_bytes, 1, 32 * 1024); /* a colon, and any white space */
  }
  if (value == NULL) { /* a header without a value */
    value = "";
    value_bytes = 0;
  }
  if (!is_token(name, name_bytes)) head->violations |= CMICROHTTPD_BAD_NAME;
  if (!is_field_value(value, value_bytes)) head->violations |= CMICROHTTPD_BAD_VALUE;
  inspection->headers++;
  inspection->header_bytes += name_bytes + value_bytes + 4; /* colon, space, line end */
  if (inspection->headers > inspection->headers_max || inspection->header_bytes > inspection->header_bytes_max) {
    head->violations |= CMICROHTTPD_HEADERS_TOO_LARGE;
    return MHD_YES; /* go on: other violations are worth more */
  }
  if (equals(name, name_bytes, "content-length")) {
    read_length(inspection, value, value_bytes);
  } else if (equals(name, name_bytes, "transfer-encoding")) {
    inspection->encodings++;
    head->is_chunked = true;
    if (!equals(value, value_bytes, "chunked")) head->violations |= CMICROHTTPD_UNSUPPORTED_ENCODING;
  } else if (equals(name, name_bytes, "host")) {
    inspection->hosts++;
  } else if (equals(name, name_bytes, "content-type")) {
    inspection->types++;
  }
  pack(inspection, name, name_bytes, value, value_bytes);
  return MHD_YES;
}

/* Where the pieces lie is seen nowhere in the library's manual: with another version the check is left out. */
static bool has_known_layout(void) { return strcmp(MHD_get_version(), "0.9.75") == 0; }

static bool has_lost_bytes(struct cursor *cursor) {
  /* The last line's end and an empty line remain. */
  return cursor->has_lost_bytes || cursor->end < cursor->at + 2 || cursor->end > cursor->at + 4;
}

void cmicrohttpd_inspect(struct MHD_Connection *connection, const char *method, const char *version, size_t headers_max,
                         size_t header_bytes_max, uint8_t *packed, size_t packed_bytes_max,
                         struct cmicrohttpd_head *head) {
  memset(head, 0, sizeof *head);
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  struct inspection inspection = {
      .cursor = {.at = (uintptr_t)version + strlen(version),
                 .end = (uintptr_t)method + (info == NULL ? 0 : info->header_size)},
      .head = head,
      .packed = packed,
      .packed_bytes_max = packed_bytes_max,
      .headers_max = headers_max,
      .header_bytes_max = header_bytes_max};
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, &inspection);
  bool is_1_1 = strcmp(version, "HTTP/1.0") != 0;
  if (has_lost_bytes(&inspection.cursor) && has_known_layout()) head->violations |= CMICROHTTPD_LOST_BYTES;
  if (inspection.lengths > 1) head->violations |= CMICROHTTPD_REPEATED_LENGTH;
  if (inspection.encodings > 1) head->violations |= CMICROHTTPD_UNSUPPORTED_ENCODING;
  if (inspection.lengths > 0 && inspection.encodings > 0) head->violations |= CMICROHTTPD_LENGTH_AND_ENCODING;
  if (inspection.encodings > 0 && !is_1_1) head->violations |= CMICROHTTPD_ENCODING_BEFORE_1_1;
  if (inspection.hosts > 1) head->violations |= CMICROHTTPD_REPEATED_HOST;
  if (inspection.types > 1) head->violations |= CMICROHTTPD_REPEATED_TYPE;
  bool may_have_lost_host = (head->violations & CMICROHTTPD_HEADERS_TOO_LARGE) != 0;
  if (inspection.hosts == 0 && is_1_1 && !may_have_lost_host) head->violations |= CMICROHTTPD_MISSING_HOST;
}

/* One pass over a request's headers: the checks libmicrohttpd 0.9.75 leaves out, and a packed copy for Swift. */
#include "CMicroHTTPD.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

struct inspection {
  struct cmicrohttpd_head *head;
  uint8_t *packed;
  size_t packed_bytes_max;
  size_t header_bytes;
  size_t header_bytes_max;
  unsigned int lengths;
  unsigned int encodings;
  unsigned int hosts;
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
  bool is_good = bytes > 0 && bytes <= 18; /* 18 digits fit in 63 bits */
  for (size_t i = 0; is_good && i < bytes; i++) {
    is_good = value[i] >= '0' && value[i] <= '9';
    length = length * 10 + (uint64_t)(value[i] - '0');
  }
  if (memchr(value, ',', bytes) != NULL)
    inspection->head->violations |= CMICROHTTPD_REPEATED_LENGTH;
  else if (!is_good)
    inspection->head->violations |= CMICROHTTPD_BAD_LENGTH;
  inspection->head->content_length = length;
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
  if (value == NULL) { /* a header without a value */
    value = "";
    value_bytes = 0;
  }
  if (!is_token(name, name_bytes)) head->violations |= CMICROHTTPD_BAD_NAME;
  if (!is_field_value(value, value_bytes)) head->violations |= CMICROHTTPD_BAD_VALUE;
  inspection->header_bytes += name_bytes + value_bytes + 4; /* colon, space, line end */
  if (inspection->header_bytes > inspection->header_bytes_max) {
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
  }
  pack(inspection, name, name_bytes, value, value_bytes);
  return MHD_YES;
}

void cmicrohttpd_inspect(struct MHD_Connection *connection, bool is_1_1, size_t header_bytes_max, uint8_t *packed,
                         size_t packed_bytes_max, struct cmicrohttpd_head *head) {
  memset(head, 0, sizeof *head);
  struct inspection inspection = {
      .head = head, .packed = packed, .packed_bytes_max = packed_bytes_max, .header_bytes_max = header_bytes_max};
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, &inspection);
  if (inspection.lengths > 1) head->violations |= CMICROHTTPD_REPEATED_LENGTH;
  if (inspection.encodings > 1) head->violations |= CMICROHTTPD_UNSUPPORTED_ENCODING;
  if (inspection.lengths > 0 && inspection.encodings > 0) head->violations |= CMICROHTTPD_LENGTH_AND_ENCODING;
  if (inspection.encodings > 0 && !is_1_1) head->violations |= CMICROHTTPD_ENCODING_BEFORE_1_1;
  if (inspection.hosts > 1) head->violations |= CMICROHTTPD_REPEATED_HOST;
  bool may_have_lost_host = (head->violations & CMICROHTTPD_HEADERS_TOO_LARGE) != 0;
  if (inspection.hosts == 0 && is_1_1 && !may_have_lost_host) head->violations |= CMICROHTTPD_MISSING_HOST;
}

#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>

/* The same machine and port without TLS: whether anybody listens must not depend on a handshake. NULL if the URL is
   not one. */
static CURLU *plain_address(const char *url) {
  CURLU *address = curl_url();
  char *port = NULL;
  bool valid = address && curl_url_set(address, CURLUPART_URL, url, 0) == CURLUE_OK &&
               curl_url_get(address, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
               curl_url_set(address, CURLUPART_SCHEME, "http", 0) == CURLUE_OK &&
               curl_url_set(address, CURLUPART_PORT, port, 0) == CURLUE_OK;
  curl_free(port);
  if (valid) return address;
  curl_url_cleanup(address);
  return NULL;
}

int ccurl_probe(const char *url, long timeout_ms) {
  CURL *easy = curl_easy_init();
  CURLU *address = plain_address(url);
  CURLcode code = CURLE_FAILED_INIT;
  long system_error = 0;
  if (easy && address) {
    ccurl_set_common_options(easy);
    curl_easy_setopt(easy, CURLOPT_CURLU, address);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    code = curl_easy_perform(easy);
    if (code == CURLE_COULDNT_CONNECT) curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
  }
  curl_easy_cleanup(easy);
  curl_url_cleanup(address);
  if (code == CURLE_OK) return 0;
  return system_error == ECONNREFUSED ? ECONNREFUSED : -1;
}

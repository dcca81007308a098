#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>

int ccurl_probe(const char *url, long timeout_ms) {
  CURL *easy = curl_easy_init();
  if (!easy) return -1;
  ccurl_set_common_options(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
  CURLcode code = curl_easy_perform(easy);
  long system_error = 0;
  if (code == CURLE_COULDNT_CONNECT) curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
  /* Over https the handshake may fail; somebody listens all the same. */
  curl_off_t connected_after = 0;
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected_after);
  curl_easy_cleanup(easy);
  if (code == CURLE_OK || connected_after > 0) return 0;
  return system_error == ECONNREFUSED ? ECONNREFUSED : -1;
}

/* Shared by the C files of this wall only. */
#ifndef CCURL_INTERNAL_H
#define CCURL_INTERNAL_H

#include "CCurl.h"

#include <curl/curl.h>

struct ccurl_transfer {
  CURL *easy;
  void *owner;
  ccurl_callbacks callbacks;
  /* One block: the nodes of the header list, then the bytes they point to. */
  struct curl_slist *fields;
  size_t fields_capacity;
  bool repeatable;
  /* libcurl was about to send again what must not be sent again. */
  bool repetition_refused;
  /* How often a request was begun; one more than redirects followed, unless libcurl repeats one. */
  long attempts;
  /* CURLINFO_REQUEST_SIZE when the current attempt began. */
  long sent_before_attempt;
  char error[CURL_ERROR_SIZE];
};

/* Options every handle has: no proxies, no signals, http and https only. */
void ccurl_set_common_options(CURL *easy);

/* Translates libcurl's code. */
void ccurl_transfer_result(struct ccurl_transfer *transfer, CURLcode code, ccurl_result *result);

#endif

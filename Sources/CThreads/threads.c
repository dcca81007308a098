#define _GNU_SOURCE
#include "CThreads.h"

#include <pthread.h>

void cthreads_name_current(const char *name) { (void)pthread_setname_np(pthread_self(), name); }

#ifndef CTHREADS_H
#define CTHREADS_H

/* Names the calling thread, as `ps -L` and `perf` show it; the kernel keeps 15 bytes.
   Swift's Glibc module leaves pthread_setname_np out. */
void cthreads_name_current(const char *name);

#endif

#ifndef CCLOCK_H
#define CCLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What the kernel says of the wall clock. */
struct cclock {
  /* Something, such as NTP, keeps it right. */
  bool is_synchronized;
  /* What the kernel still has to slew it by. */
  int64_t offset_ns;
  /* It is off by no more than this; grows while nothing corrects it. */
  int64_t max_error_ns;
};

/* Swift's Glibc module leaves adjtimex out. False when the kernel does not say. */
bool cclock_read(struct cclock *clock);

#endif

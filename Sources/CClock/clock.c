#include "CClock.h"

#include <sys/timex.h>

bool cclock_read(struct cclock *clock) {
  struct timex state = {.modes = 0}; /* only looks: needs no privilege */
  int result = adjtimex(&state);
  if (result < 0) return false;
  clock->is_synchronized = result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  clock->offset_ns = (int64_t)state.offset * ((state.status & STA_NANO) != 0 ? 1 : 1000);
  clock->max_error_ns = (int64_t)state.maxerror * 1000;
  return true;
}

/*
 * Loaded before the code of a program that is not ours to change (LD_PRELOAD, Linux): its calendar shows so many ms more
 * than the machine's as the first eight bytes of the file say that CHAOS_CLOCK names, read at each look, by its children
 * too. Timers and every clock but the calendar's stay as they are. Only a process with CHAOS_CLOCK_OF in its command line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_ms;

__attribute__((constructor)) static void look(int argc, char **argv) {
  const char *place = getenv("CHAOS_CLOCK"), *said = getenv("CHAOS_CLOCK_OF");
  int is_meant = 0;
  for (int nth = 0; place && said && nth < argc; nth++) is_meant |= strstr(argv[nth], said) != NULL;
  if (!is_meant) return;
  int file = open(place, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) offset_ms = mapped;
}

/* By the kernel itself: what else is loaded may ask before anything can be looked up. */
int clock_gettime(clockid_t clock, struct timespec *at) {
  if (syscall(SYS_clock_gettime, clock, at) != 0) return -1;
  if (!offset_ms || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return 0;
  int64_t ms = *offset_ms, ns = at->tv_nsec + ms % 1000 * 1000000;
  at->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns / 1000000000);
  at->tv_nsec = ns < 0 ? ns + 1000000000 : ns % 1000000000;
  return 0;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}

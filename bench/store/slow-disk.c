/* Preloaded into a program: every flush of a file takes SLOW_FLUSH_MS longer, as on a cheap card or a busy network disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_ms(void) {
  const char *text = getenv("SLOW_FLUSH_MS");
  long ms = text ? atol(text) : 0;
  struct timespec pause = {ms / 1000, (ms % 1000) * 1000000L};
  nanosleep(&pause, NULL);
}

int fsync(int fd) {
  wait_ms();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int fdatasync(int fd) {
  wait_ms();
  return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}

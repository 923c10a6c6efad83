/* Adds OSTRO_FLUSH_DELAY_US microseconds to every flush to disk; see scenarios.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void delay(void) {
    const char *text = getenv("OSTRO_FLUSH_DELAY_US");
    if (text) usleep((useconds_t)atoi(text));
}

int fsync(int file) {
    static int (*original)(int);
    if (!original) original = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    delay();
    return original(file);
}

int fdatasync(int file) {
    static int (*original)(int);
    if (!original) original = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    delay();
    return original(file);
}

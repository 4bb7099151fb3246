// Typed doors onto macros and variadic calls of the C library.
#ifndef CUNIX_SHIM_H
#define CUNIX_SHIM_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/// `open` is variadic. This door takes a mode, which only matters when the file is created.
static inline int cunix_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

/// `prctl(PR_SET_DUMPABLE)`: whether the kernel may write this process to a core file.
static inline int cunix_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/// The width of a terminal in columns, or 0 when the descriptor is not one.
static inline int cunix_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

#endif

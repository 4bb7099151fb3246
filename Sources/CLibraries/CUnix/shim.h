// Typed doors onto macros and variadic calls of the C library.
#ifndef CUNIX_SHIM_H
#define CUNIX_SHIM_H

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/stat.h>
#include <linux/rtnetlink.h>
#include <spawn.h>
#include <string.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/// `open` is variadic. This door takes a mode, which only matters when the file is created.
static inline int cunix_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

/// Opens a file to read it past the page cache; -1 where the file system cannot. `O_DIRECT`
/// itself needs `_GNU_SOURCE`.
static inline int cunix_open_direct(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC | __O_DIRECT);
}

/// `prctl(PR_SET_DUMPABLE)`: whether the kernel may write this process to a core file.
static inline int cunix_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/// `renameat2(RENAME_NOREPLACE)`, which needs `_GNU_SOURCE`: gives a file a name that none has.
static inline int cunix_rename_new(const char *path, const char *name) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, name, 1);
}

/// When a file was made (`statx`, which needs `_GNU_SOURCE`): 1 if its file system tells.
static inline int cunix_birth(const char *path, int64_t *seconds, uint32_t *nanoseconds) {
    struct statx status;
    if (syscall(SYS_statx, AT_FDCWD, path, 0x100, STATX_BTIME, &status) != 0) return 0;
    *seconds = status.stx_btime.tv_sec;
    *nanoseconds = status.stx_btime.tv_nsec;
    return (status.stx_mask & STATX_BTIME) != 0;
}

/// The width of a terminal in columns, or 0 when the descriptor is not one.
static inline int cunix_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// `flock` is also the name of a structure, which hides the function.
static inline int cunix_lock(int descriptor, int operation) {
    return flock(descriptor, operation);
}

/// The peer of a Unix socket. `struct ucred` needs `_GNU_SOURCE`, which would make `environ`
/// ambiguous in Swift; this is its layout.
typedef struct cunix_peer {
    int pid;
    unsigned uid;
    unsigned gid;
} cunix_peer;

/// `SO_PEERCRED`: who connected, as the kernel saw it then.
static inline int cunix_peer_of(int descriptor, cunix_peer *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, peer, &length);
}

/// `connect` (bind = 0) or `bind` (1) with a path: `sockaddr_un` is a tuple of 108 in Swift.
/// The path must be shorter than 108 bytes.
static inline int cunix_name_socket(int descriptor, const char *path, int bind_it) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return bind_it ? bind(descriptor, (struct sockaddr *)&address, sizeof address)
                   : connect(descriptor, (struct sockaddr *)&address, sizeof address);
}

/// `POSIX_SPAWN_SETSID` is a GNU extension (glibc 2.26): the child gets a session of its own.
static inline short cunix_spawn_flags(void) {
    return 0x80 | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
}

/// `getrandom`, which the importer does not see: fills a small buffer, or returns less.
static inline ssize_t cunix_random(void *buffer, size_t count) {
    return getrandom(buffer, count, 0);
}

/// An event counter that does not block; its flags are an anonymous enumeration.
static inline int cunix_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/// A descriptor from which blocked signals are read. It does not block.
static inline int cunix_signalfd(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// Takes the number of one signal from `cunix_signalfd`, or 0 if none waits.
static inline int cunix_read_signal(int descriptor) {
    struct signalfd_siginfo information;
    ssize_t count = read(descriptor, &information, sizeof information);
    return count == sizeof information ? (int)information.ssi_signo : 0;
}

/// A descriptor on which the kernel tells of addresses and routes that come and go; the groups
/// are an anonymous enumeration. It does not block. -1 where that is not allowed.
static inline int cunix_route_socket(void) {
    int descriptor =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (descriptor < 0) return -1;
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    address.nl_groups =
        RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
    close(descriptor);
    return -1;
}

#endif

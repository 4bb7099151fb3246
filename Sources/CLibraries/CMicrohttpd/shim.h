// libmicrohttpd: one door for starting a daemon, because `MHD_start_daemon` is variadic.
#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <microhttpd.h>

/// Starts a daemon with all of its options in one array, which ends with `MHD_OPTION_END`.
static inline struct MHD_Daemon *cmicrohttpd_start(
    unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept, void *acceptContext,
    MHD_AccessHandlerCallback handle, void *handleContext, struct MHD_OptionItem *options) {
    return MHD_start_daemon(
        flags, port, accept, acceptContext, handle, handleContext, MHD_OPTION_ARRAY, options,
        MHD_OPTION_END);
}

#endif

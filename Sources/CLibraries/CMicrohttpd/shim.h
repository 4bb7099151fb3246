// Typed doors onto libmicrohttpd's variadic functions.
#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

#include <microhttpd.h>

/// The function that sees the target of a request before the library looks at it.
typedef void *(*cmicrohttpd_target_callback)(
    void *context, const char *target, struct MHD_Connection *connection);

/// Starts a daemon. `options` ends with `MHD_OPTION_END`; the callbacks share one context.
static inline struct MHD_Daemon *cmicrohttpd_start(
    unsigned int flags, void *context, MHD_AcceptPolicyCallback accept,
    cmicrohttpd_target_callback target,
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback complete,
    MHD_NotifyConnectionCallback connect, struct MHD_OptionItem *options) {
    return MHD_start_daemon(
        flags, 0, accept, context, handle, context,
        MHD_OPTION_URI_LOG_CALLBACK, target, context,
        MHD_OPTION_NOTIFY_COMPLETED, complete, context,
        MHD_OPTION_NOTIFY_CONNECTION, connect, context,
        MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/// The socket of a connection, or -1.
static inline int cmicrohttpd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return information ? information->connect_fd : -1;
}

/// What the notification of a new connection stored with it.
static inline void *cmicrohttpd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return information ? information->socket_context : (void *)0;
}

/// The address of the client. It belongs to the connection.
static inline const struct sockaddr *cmicrohttpd_client(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *information =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return information ? information->client_addr : (const struct sockaddr *)0;
}

#endif

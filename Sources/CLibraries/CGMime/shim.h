// GMime's casts are macros; each door here is one cast, named after the type it gives.
#ifndef CGMIME_SHIM_H
#define CGMIME_SHIM_H

#include <gmime/gmime.h>

/// A part as the object it is.
static inline GMimeObject *cgmime_object_of_part(GMimePart *part) {
    return GMIME_OBJECT(part);
}

/// A multipart as the object it is.
static inline GMimeObject *cgmime_object_of_multipart(GMimeMultipart *multipart) {
    return GMIME_OBJECT(multipart);
}

/// An object as the part it is, or NULL if it is something else.
static inline GMimePart *cgmime_part_of_object(GMimeObject *object) {
    return GMIME_IS_PART(object) ? GMIME_PART(object) : NULL;
}

/// A stream in memory as the type that lends its bytes.
static inline GMimeStreamMem *cgmime_memory_of_stream(GMimeStream *stream) {
    return GMIME_STREAM_MEM(stream);
}

/// A mailbox as the type that holds an address.
static inline InternetAddressMailbox *cgmime_mailbox_of_address(InternetAddress *address) {
    return INTERNET_ADDRESS_MAILBOX(address);
}

#endif

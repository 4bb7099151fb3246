// GMime's casts are macros; each door here is one cast, named after the type it gives.
#ifndef CGMIME_SHIM_H
#define CGMIME_SHIM_H

#include <gmime/gmime.h>

#endif

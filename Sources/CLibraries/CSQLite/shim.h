// Typed doors onto the parts of SQLite's C interface that Swift cannot call:
// variadic functions, and macros whose values are casts.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/// `SQLITE_TRANSIENT` is a cast of -1 to a function pointer, which the importer skips.
static inline sqlite3_destructor_type csqlite_transient(void) {
    return SQLITE_TRANSIENT;
}

/// `sqlite3_db_config` is variadic. This door opens only the on/off options.
static inline int csqlite_set_flag(sqlite3 *database, int option, int enabled) {
    return sqlite3_db_config(database, option, enabled, (int *)0);
}

/// `sqlite3_config` is variadic. This door gives SQLite its memory, before its first use, and
/// keeps connections from taking small pieces of it in advance.
static inline int csqlite_set_memory(const sqlite3_mem_methods *methods) {
    int result = sqlite3_config(SQLITE_CONFIG_MALLOC, methods);
    return result == SQLITE_OK ? sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) : result;
}

/// `sqlite3_log` is variadic. This door takes a finished sentence.
static inline void csqlite_log(int code, const char *message) {
    sqlite3_log(code, "%s", message);
}

/// One open file of a VFS written in Swift. SQLite allocates it, so it must begin with
/// `sqlite3_file`; `context` is an unmanaged reference to the Swift object behind it.
typedef struct csqlite_file {
    sqlite3_file base;
    void *context;
} csqlite_file;

#endif

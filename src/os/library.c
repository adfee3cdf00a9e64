#include "os/library.h"
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t library_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the filling of all tables */

static bool library_fill(struct library *l, struct err *e)
{
    void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return err_set(e, ERR_UNSUPPORTED, "%s is not installed (Debian: %s)", l->file, l->package);
    for (size_t i = 0; i < l->count; i++) {
        void *found = dlsym(handle, l->names[i]);
        if (!found) {
            dlclose(handle);
            return err_set(e, ERR_UNSUPPORTED, "%s has no %s", l->file, l->names[i]);
        }
        /* ISO C knows no cast from an object to a function. */
        memcpy((char *)l->pointers + i * sizeof(found), &found, sizeof(found));
    }
    atomic_store_explicit(&l->is_open, true, memory_order_release);
    return true;
}

bool library_open(struct library *l, struct err *e)
{
    if (atomic_load_explicit(&l->is_open, memory_order_acquire))
        return true;
    pthread_mutex_lock(&library_mutex);
    bool ok = atomic_load_explicit(&l->is_open, memory_order_relaxed) || library_fill(l, e);
    pthread_mutex_unlock(&library_mutex);
    return ok;
}

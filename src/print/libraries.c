#include "print/libraries.h"

struct print_cairo cairo;
struct print_pango pango;
struct print_pangocairo pangocairo;
struct print_g glib;
struct print_g_object gobject;

static const char *const cairo_names[] = {CAIRO_FUNCTIONS(LIBRARY_NAME)};
static const char *const pango_names[] = {PANGO_FUNCTIONS(LIBRARY_NAME) FONT_MAP_FUNCTIONS(LIBRARY_NAME)};
static const char *const pangocairo_names[] = {PANGOCAIRO_FUNCTIONS(LIBRARY_NAME)};
static const char *const g_names[] = {G_FUNCTIONS(LIBRARY_NAME)};
static const char *const g_object_names[] = {G_OBJECT_FUNCTIONS(LIBRARY_NAME)};
static struct library cairo_library = LIBRARY("libcairo.so.2", "libcairo2", cairo_names, cairo);
static struct library pango_library = LIBRARY("libpango-1.0.so.0", "libpango-1.0-0", pango_names, pango);
static struct library pangocairo_library = LIBRARY("libpangocairo-1.0.so.0", "libpangocairo-1.0-0", pangocairo_names, pangocairo);
static struct library g_library = LIBRARY("libglib-2.0.so.0", "libglib2.0-0", g_names, glib);
static struct library g_object_library = LIBRARY("libgobject-2.0.so.0", "libglib2.0-0", g_object_names, gobject);

bool print_libraries_open(struct err *e)
{
    return library_open(&cairo_library, e) && library_open(&pango_library, e) && library_open(&pangocairo_library, e) && library_open(&g_library, e) &&
           library_open(&g_object_library, e);
}

/* libraries.h - pango and cairo, opened when the first document is printed. Private to src/print. */
#ifndef PRINT_LIBRARIES_H
#define PRINT_LIBRARIES_H

#include "base/err.h"
#include "os/library.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#define CAIRO_FUNCTIONS(F)                                                                                                                        \
    F(cairo_, create) F(cairo_, destroy) F(cairo_, move_to) F(cairo_, line_to) F(cairo_, rectangle) F(cairo_, arc) F(cairo_, close_path)           \
    F(cairo_, fill) F(cairo_, fill_preserve) F(cairo_, stroke) F(cairo_, new_path) F(cairo_, set_source_rgb) F(cairo_, set_line_width)             \
    F(cairo_, save) F(cairo_, restore) F(cairo_, translate) F(cairo_, scale) F(cairo_, show_page) F(cairo_, status) F(cairo_, status_to_string)    \
    F(cairo_, tag_begin) F(cairo_, tag_end) F(cairo_, surface_destroy) F(cairo_, surface_finish) F(cairo_, surface_status)                         \
    F(cairo_, pdf_surface_create_for_stream) F(cairo_, pdf_surface_set_metadata) F(cairo_, pdf_surface_add_outline)                                \
    F(cairo_, pdf_surface_set_page_label) F(cairo_, pdf_surface_restrict_to_version) F(cairo_, font_options_create) F(cairo_, font_options_destroy) \
    F(cairo_, font_options_set_hint_style) F(cairo_, font_options_set_hint_metrics) F(cairo_, font_options_set_antialias)
#define PANGO_FUNCTIONS(F)                                                                                                                         \
    F(pango_, layout_new) F(pango_, layout_set_text) F(pango_, layout_set_attributes) F(pango_, layout_set_width) F(pango_, layout_set_wrap)        \
    F(pango_, layout_set_alignment) F(pango_, layout_set_spacing) F(pango_, layout_set_font_description) F(pango_, layout_get_line_readonly)         \
    F(pango_, layout_get_iter) F(pango_, layout_get_size) F(pango_, layout_get_line_count) F(pango_, layout_set_single_paragraph_mode)               \
    F(pango_, layout_iter_free) F(pango_, layout_iter_next_line) F(pango_, layout_iter_get_line_yrange) F(pango_, layout_iter_get_baseline)          \
    F(pango_, layout_iter_get_line_extents) F(pango_, layout_line_get_x_ranges) F(pango_, layout_set_ellipsize) F(pango_, layout_get_context)        \
    F(pango_, font_description_from_string) F(pango_, font_description_free) F(pango_, attr_list_new) F(pango_, attr_list_unref)                     \
    F(pango_, attr_list_insert) F(pango_, attr_weight_new) F(pango_, attr_style_new) F(pango_, attr_family_new) F(pango_, attr_foreground_new)       \
    F(pango_, attr_underline_new) F(pango_, attr_font_features_new) F(pango_, attr_insert_hyphens_new) F(pango_, context_set_language) F(pango_, language_from_string) F(pango_, context_set_round_glyph_positions)       \
    F(pango_, context_set_base_dir)
#define PANGOCAIRO_FUNCTIONS(F)                                                                                                                      \
    F(pango_cairo_, font_map_new) F(pango_cairo_, context_set_resolution) F(pango_cairo_, context_set_font_options) F(pango_cairo_, show_layout_line)
#define FONT_MAP_FUNCTIONS(F) F(pango_, font_map_create_context)
#define G_FUNCTIONS(F) F(g_, free)
#define G_OBJECT_FUNCTIONS(F) F(g_object_, unref)

struct print_cairo { CAIRO_FUNCTIONS(LIBRARY_POINTER) };
struct print_pango { PANGO_FUNCTIONS(LIBRARY_POINTER) FONT_MAP_FUNCTIONS(LIBRARY_POINTER) };
struct print_pangocairo { PANGOCAIRO_FUNCTIONS(LIBRARY_POINTER) };
struct print_g { G_FUNCTIONS(LIBRARY_POINTER) };
struct print_g_object { G_OBJECT_FUNCTIONS(LIBRARY_POINTER) };
extern struct print_cairo cairo;
extern struct print_pango pango;
extern struct print_pangocairo pangocairo;
extern struct print_g glib;
extern struct print_g_object gobject;

bool print_libraries_open(struct err *e) MUST_USE;

#endif

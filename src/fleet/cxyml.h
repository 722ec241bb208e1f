/* SPDX-License-Identifier: MIT */
/*
 * cxyml.h - the value of "stack" in the toolbelt's .cx.yml, a flat YAML map of texts.
 */
#ifndef FLEET_CXYML_H
#define FLEET_CXYML_H

/* The value of "stack" at the top level of text, as YAML has it: plain or quoted, without
 * comment and blanks.  The caller frees it; NULL: there is none, or an empty one.  Does
 * not block. */
char *cxyml_stack(const char *text);

#endif

/*
 * Changes one entry in the text of an INI file and leaves everything else as it is, to the byte:
 * comments, blank lines, order, and lines that nobody understands. Pure functions; any thread.
 */
#ifndef SCHEDTOP_UTIL_INI_EDIT_H
#define SCHEDTOP_UTIL_INI_EDIT_H

/*
 * The text with NAME = VALUE in that section ("" is what stands above all headings): where the name
 * is set already, the last line that does so has the new value and keeps the comment behind it;
 * else a line is added at the end of the section, which is made if need be. value NULL takes all
 * such lines out. To be freed; NULL: out of memory.
 */
char *ini_edit(const char *text, const char *section, const char *name, const char *value);

#endif

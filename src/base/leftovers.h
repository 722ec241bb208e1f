/*
 * leftovers.h - sweep up what a killed process was about to put in its place.
 */
#ifndef BASE_LEFTOVERS_H
#define BASE_LEFTOVERS_H

/*
 * Remove from folder every draft (atomic.h) that nobody holds any more.  What has
 * another name, belongs to another user or is no file stays, as does what cannot be
 * locked; a folder that cannot be read has none.
 */
void leftovers_sweep(const char *folder);

#endif

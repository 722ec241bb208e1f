/* SPDX-License-Identifier: MIT */
/*
 * xattr.h - what a file has besides its content, owner and mode: its ACL and its
 * extended attributes.
 */
#ifndef RUNTIME_XATTR_H
#define RUNTIME_XATTR_H

/*
 * Give the open file fd those of the file at path.  0, also where a file system has
 * none, and for those that only the system sets; -1 with errno when one that the user
 * may set could not be kept.  Blocks for the disk only.
 */
int xattr_copy(const char *path, int fd);

#endif

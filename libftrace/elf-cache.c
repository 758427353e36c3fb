/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>

#include "elf-internal.h"

/*
 * The format glibc has written since 2.2.  Up to 2.31 it stands behind one for older programs, whose
 * entries are three numbers each; offsets of strings count from the beginning of this part.
 */
#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

struct old_header {
	char	 magic[12];
	uint32_t count;
};

struct old_entry {
	uint32_t flags, key, value;
};

struct new_header {
	char	 magic[20];
	uint32_t count;
	uint32_t strings_len;
	uint32_t unused[5];
};

struct new_entry {
	uint32_t flags;
	uint32_t key, value;	/* name and path */
	uint32_t os_version;
	uint64_t hwcap;
};

/* Where the newer part begins; len: there is none. */
static size_t skip_old(const char *data, size_t len)
{
	const size_t align = _Alignof(struct new_entry);
	struct old_header h;
	size_t at;

	if (len < sizeof(h) || memcmp(data, OLD_MAGIC, strlen(OLD_MAGIC)) != 0)
		return 0;
	memcpy(&h, data, sizeof(h));
	if (h.count > (len - sizeof(h)) / sizeof(struct old_entry))
		return len;
	at = sizeof(h) + h.count * sizeof(struct old_entry);
	at = (at + align - 1) / align * align;
	return at < len ? at : len;
}

int fti_ldcache_each(const void *data, size_t len,
		     int (*fn)(void *arg, const char *name, const char *path, bool hwcap),
		     void *arg)
{
	size_t skip = skip_old(data, len);
	const char *start = (const char *)data + skip;
	const char *last;
	struct new_header h;
	int ret = 0;

	len -= skip;
	if (len < sizeof(h) || memcmp(start, NEW_MAGIC, strlen(NEW_MAGIC)) != 0)
		return 0;
	/* Up to here every string ends in the file. */
	last = memrchr(start, 0, len);
	memcpy(&h, start, sizeof(h));
	if (h.count > (len - sizeof(h)) / sizeof(struct new_entry))
		h.count = (len - sizeof(h)) / sizeof(struct new_entry);
	for (size_t i = 0; !ret && i < h.count; i++) {
		struct new_entry e;

		memcpy(&e, start + sizeof(h) + i * sizeof(e), sizeof(e));
		if (last && e.key < last - start && e.value < last - start && start[e.value] == '/')
			ret = fn(arg, start + e.key, start + e.value, e.hwcap != 0);
	}
	return ret;
}

/* "", ".so", ".so.6", "-2.17.so": what can follow the name of a library. */
static bool is_suffix(const char *s)
{
	if (*s == '-' && isdigit((unsigned char)s[1]))
		s += 1 + strspn(s + 1, "0123456789.");
	/* The digits of "-2.17.so" take the dot before "so" with them. */
	if (s[-1] == '.' && !strncmp(s, "so", 2))
		s--;
	return !strncmp(s, ".so", 3) && (!s[3] || s[3] == '.');
}

static bool match(const char *name, const char *file)
{
	const char *so = strstr(name, ".so");
	size_t len = strlen(name);

	if (strncmp(name, file, len) != 0)
		return false;
	if (!file[len])
		return true;
	if (!so || (so[3] && so[3] != '.'))
		return is_suffix(file + len);
	return file[len] == '.';
}

bool fti_library_match(const char *name, const char *file)
{
	if (!*name)
		return false;
	return match(name, file) || (!strncmp(file, "lib", 3) && match(name, file + 3));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/buckets.h"
#include "ftrace/opt.h"

struct ft_buckets {
	size_t	 begins;	/* one range more than these */
	int64_t	 begin[FT_BUCKETS_MAX];
	uint64_t count[FT_BUCKETS_MAX + 1];
};

static int parse_number(const char *word, size_t len, int64_t *out)
{
	const bool minus = *word == '-';
	char digits[24];
	uint64_t v;

	if (len - minus >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, word + minus, len - minus);
	digits[len - minus] = 0;
	if (ft_parse_u64(digits, 0, INT64_MAX, &v))
		return -EINVAL;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return 0;
}

static int parse(struct ft_buckets *b, const char *text, char *why)
{
	size_t len;

	for (text += strspn(text, " ,"); *text; text += len, text += strspn(text, " ,")) {
		int64_t *to = &b->begin[b->begins];

		len = strcspn(text, " ,");
		if (b->begins == FT_BUCKETS_MAX) {
			snprintf(why, FT_BUCKETS_WHY, "more than %d numbers", FT_BUCKETS_MAX);
			return -EINVAL;
		}
		if (parse_number(text, len, to)) {
			snprintf(why, FT_BUCKETS_WHY, "'%.*s' is not a whole number",
				 (int)(len < 64 ? len : 64), text);
			return -EINVAL;
		}
		if (b->begins && *to <= to[-1]) {
			snprintf(why, FT_BUCKETS_WHY, "the numbers must increase");
			return -EINVAL;
		}
		b->begins++;
	}
	if (!b->begins)
		snprintf(why, FT_BUCKETS_WHY, "there is no number in it");
	return b->begins ? 0 : -EINVAL;
}

int ft_buckets_parse(struct ft_buckets **out, const char *text, char *why)
{
	struct ft_buckets *b = calloc(1, sizeof(*b));
	int err;

	*out = NULL;
	if (!b) {
		snprintf(why, FT_BUCKETS_WHY, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	err = parse(b, text, why);
	if (err) {
		ft_buckets_free(b);
		return err;
	}
	*out = b;
	return 0;
}

int ft_buckets_powers(struct ft_buckets **out, uint64_t power, uint64_t max)
{
	struct ft_buckets *b = calloc(1, sizeof(*b));

	*out = b;
	if (!b)
		return -ENOMEM;
	if (max > INT64_MAX)
		max = INT64_MAX;
	b->begins = 1;
	for (uint64_t v = 1; v <= max; v *= power) {
		b->begin[b->begins++] = (int64_t)v;
		if (v > max / power)
			break;
	}
	return 0;
}

void ft_buckets_free(struct ft_buckets *b)
{
	free(b);
}

void ft_buckets_add(struct ft_buckets *b, int64_t v)
{
	size_t low = 0, high = b->begins;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (v >= b->begin[mid])
			low = mid + 1;
		else
			high = mid;
	}
	b->count[low]++;
}

bool ft_buckets_get(const struct ft_buckets *b, size_t index, struct ft_bucket *out)
{
	if (index > b->begins)
		return false;
	*out = (struct ft_bucket){
		.first = !index, .last = index == b->begins, .count = b->count[index],
	};
	if (!out->first)
		out->low = b->begin[index - 1];
	if (!out->last)
		out->high = b->begin[index] - 1;
	return true;
}

uint64_t ft_buckets_total(const struct ft_buckets *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= b->begins; i++)
		sum += b->count[i];
	return sum;
}

uint64_t ft_buckets_most(const struct ft_buckets *b)
{
	uint64_t most = 0;

	for (size_t i = 0; i <= b->begins; i++)
		most = b->count[i] > most ? b->count[i] : most;
	return most;
}

void ft_buckets_clear(struct ft_buckets *b)
{
	memset(b->count, 0, sizeof(b->count));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dist inside. */
#ifndef FTI_DIST_H
#define FTI_DIST_H

#include "ftrace/dist.h"

struct ft_dist {
	struct ft_scale scale;
	size_t used;
	uint16_t slot[2 * FT_DIST_GROUPS];	/* hash: a group's number + 1; 0: free */
	struct ft_dist_group *group[FT_DIST_GROUPS + 1];	/* made when first needed */
	const struct ft_dist_group *sorted[FT_DIST_GROUPS + 1];
};

#endif

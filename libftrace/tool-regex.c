/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <regex.h>
#include <stdlib.h>

#include "ftrace/tool.h"

struct ft_regex {
	regex_t compiled;
};

struct ft_regex *ft_tool_regex(const struct ft_run *r, const char *text)
{
	struct ft_regex *re = text ? malloc(sizeof(*re)) : NULL;
	char why[128];
	int err;

	if (!text)
		return NULL;
	if (!re)
		ft_opt_error(&r->tool->spec, "no memory for '%.100s'", text);
	err = regcomp(&re->compiled, text, REG_EXTENDED | REG_NOSUB);
	if (!err)
		return re;
	regerror(err, &re->compiled, why, sizeof(why));
	free(re);
	ft_opt_error(&r->tool->spec, "'%.200s' is not a regular expression: %s", text, why);
}

bool ft_regex_matches(const struct ft_regex *re, const char *s)
{
	return !re || !regexec(&re->compiled, s, 0, NULL, 0);
}

void ft_regex_free(struct ft_regex *re)
{
	if (!re)
		return;
	regfree(&re->compiled);
	free(re);
}

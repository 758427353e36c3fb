/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several tools do in the same way. */
#include <errno.h>
#include <string.h>

#include "ftrace/tool.h"
#include "session-internal.h"

int ft_tool_symbols(struct ft_run *r, const struct ft_symbols **out)
{
	int err = fti_session_symbols(r->session, out);

	if (err == -EACCES)
		return ft_fail(r->session, -EOPNOTSUPP, "the kernel's symbols are hidden "
			       "(kernel.kptr_restrict), and this kernel has no "
			       "available_filter_functions_addrs");
	return err ? ft_fail(r->session, err, "cannot read the kernel's symbols: %s", strerror(-err)) : 0;
}

int ft_tool_option(struct ft_run *r, const char *option, bool on, bool asked)
{
	int err = ft_session_set_option(r->session, option, on);

	if (err == -ENOENT && asked)
		return ft_fail(r->session, -EOPNOTSUPP, "this kernel has no trace option '%s'", option);
	return err == -ENOENT ? 0 : err;
}

void ft_tool_nothing(const struct ft_run *r, bool of_tasks)
{
	if (!r->rows)
		ft_tool_note(r, "nothing recorded: the probe was in place, but '%s'%s was not called%s",
			     r->opt.operands[0], r->opt.operand_count > 1 ? " (and the others)" : "",
			     of_tasks ? " by the tasks asked for" : "");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One executable, every tool an applet: `ftrace-tools funcgraph ...`, or `funcgraph ...` through a
 * symbolic link.  The Makefile makes the list of applets from the files of tools/.
 */
#include <stdio.h>
#include <string.h>

#include "ftrace/tool.h"

#define APPLET(name) extern const struct ft_tool tool_##name;
#include "applets.h"
#undef APPLET

#define APPLET(name) &tool_##name,
static const struct ft_tool *const tools[] = {
#include "applets.h"
};
#undef APPLET

#define TOOLS (sizeof(tools) / sizeof(tools[0]))

/* Called by its second name, a tool has that in its messages. */
static const struct ft_tool *find(const char *name)
{
	static struct ft_tool renamed;

	for (size_t i = 0; i < TOOLS; i++) {
		if (!strcmp(tools[i]->spec.tool, name))
			return tools[i];
		if (!tools[i]->alias || strcmp(tools[i]->alias, name) != 0)
			continue;
		renamed = *tools[i];
		renamed.spec.tool = renamed.alias;
		return &renamed;
	}
	return NULL;
}

static int list(void)
{
	for (size_t i = 0; i < TOOLS; i++)
		printf("%s\n", tools[i]->spec.tool);
	return fflush(stdout) ? FT_FAILED : FT_OK;
}

static int usage(void)
{
	printf("USAGE: ftrace-tools TOOL [ARGUMENT...]\n"
	       "       ftrace-tools --list | --help | --version\n\n");
	for (size_t i = 0; i < TOOLS; i++)
		printf("  %-14s %s\n", tools[i]->spec.tool, tools[i]->spec.summary);
	printf("\n'ftrace-tools TOOL -h' tells a tool's options, its man page the rest.\n");
	return fflush(stdout) ? FT_FAILED : FT_OK;
}

static int unknown(const char *name)
{
	const char *names[TOOLS + 1] = { NULL }, *near;
	char shown[128];

	for (size_t i = 0; i < TOOLS; i++)
		names[i] = tools[i]->spec.tool;
	near = ft_nearest(name, names);
	ft_out_escape(shown, sizeof(shown), name, strlen(name));
	fprintf(stderr, "ftrace-tools: no tool '%s'%s%s%s (see 'ftrace-tools')\n", shown,
		near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return FT_USAGE;
}

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc > 0 ? argv[0] : "";
	const struct ft_tool *tool = find(name);

	if (tool)
		return ft_tool_main(tool, argc, argv);
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return usage();
	if (!strcmp(argv[1], "--list"))
		return list();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("ftrace-tools %s\n", FT_VERSION);
		return fflush(stdout) ? FT_FAILED : FT_OK;
	}
	tool = find(argv[1]);
	return tool ? ft_tool_main(tool, argc - 1, argv + 1) : unknown(argv[1]);
}

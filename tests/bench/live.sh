# SPDX-License-Identifier: GPL-2.0-or-later
# ft_stream against libtracefs' tracefs_iterate_raw_events
# shellcheck shell=sh
live

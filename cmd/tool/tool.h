/*
 * cmd/tool/tool.h: what the programs of the suite share, so that they have one shape: options from
 * one table, complaints, exit statuses, output, reports, progress, confinement.  ostraka(7) is the
 * shape in words.
 */
#ifndef TOOL_TOOL_H
#define TOOL_TOOL_H

#include "tool/complain.h"
#include "tool/confine.h"
#include "tool/options.h"
#include "tool/output.h"
#include "tool/progress.h"
#include "tool/quantity.h"
#include "tool/report.h"

#endif

/*
 * One pass over a trace in memory for the fuzz targets, with a visitor that distrusts the engine:
 * time goes forward, slots exist, names and stacks can be looked up. The engine's own analyses come
 * along. Nothing is kept between passes.
 */
#ifndef SCHEDTOP_TESTS_FUZZ_TRACE_PASS_H
#define SCHEDTOP_TESTS_FUZZ_TRACE_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/reader.h"

/* Aborts when the engine breaks a promise. */
void trace_pass(const uint8_t *data, size_t size, bool strict);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

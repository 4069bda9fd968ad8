/*
 * What tests of significance need beyond the mean: Student's distribution, and the correction for
 * many of them made at once. Plain functions of numbers; any thread.
 */
#ifndef SCHEDTOP_COMPARE_SIGNIFICANCE_H
#define SCHEDTOP_COMPARE_SIGNIFICANCE_H

#include <stddef.h>

/* P(|T| >= t) of Student's T with so many degrees of freedom, which needn't be whole; t >= 0. */
double significance_student(double t, double freedom);
/* The t for which that is `p`, 0 < p < 1. */
double significance_student_inverse(double p, double freedom);

/* Benjamini and Hochberg's adjusted p-values, in place: rejecting those up to q keeps the expected
   share of false ones among the rejected, and with it the chance of any where nothing differs, at q
   or below. Numbers above 1 and NaN are taken for 1. `scratch` has room for n indexes. */
void significance_adjust(double *p, size_t *scratch, size_t n);

#endif

#include "compare/significance.h"

#include <math.h>
#include <stdlib.h>

enum { FRACTION_STEPS = 300, BISECTIONS = 100 };
/* From here on Student's distribution is the normal one, and the difference of two large
   logarithms of gamma functions is nothing but rounding. */
#define NORMAL_FREEDOM 1e6

/* What no denominator of a continued fraction may be below. */
static double away_from_0(double x)
{
	return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* Lentz's way to the continued fraction of the incomplete beta function (DLMF 8.17.22), which
   converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / away_from_0(1 - (a + b) * x / (a + 1)), f = d;
	for (int m = 1; m <= FRACTION_STEPS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 / away_from_0(1 + even * d);
		c = away_from_0(1 + even / c);
		f *= c * d;
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / away_from_0(1 + odd * d);
		c = away_from_0(1 + odd / c);
		f *= c * d;
		if (fabs(c * d - 1) < 1e-14)
			break;
	}
	return f;
}

static double log_gamma(double x)
{
	int sign;
	return lgamma_r(x, &sign);
}

/* The regularized incomplete beta function; `rest` is 1 - x, which may be known better. */
static double beta_part(double a, double b, double x, double rest)
{
	if (x <= 0)
		return 0;
	if (rest <= 0)
		return 1;
	double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(rest));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, rest) / b;
}

double significance_student(double t, double freedom)
{
	double square = t * t, whole = freedom + square;
	if (isinf(square))
		return 0;
	if (freedom > NORMAL_FREEDOM)
		return erfc(fabs(t) / sqrt(2));
	return beta_part(freedom / 2, 0.5, freedom / whole, square / whole);
}

double significance_student_inverse(double p, double freedom)
{
	double low = 0, high = 1;
	while (significance_student(high, freedom) > p && high < 1e150)
		high *= 2;
	for (int i = 0; i < BISECTIONS; i++) {
		double middle = low + (high - low) / 2;
		if (significance_student(middle, freedom) > p)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The smallest first. */
static int by_value(const void *a, const void *b, void *values)
{
	const double *p = values;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	if (p[i] != p[j])
		return p[i] < p[j] ? -1 : 1;
	return (i > j) - (i < j);
}

void significance_adjust(double *p, size_t *scratch, size_t n)
{
	double least = 1;
	for (size_t i = 0; i < n; i++) {
		scratch[i] = i;
		p[i] = p[i] < 1 ? p[i] : 1;
	}
	qsort_r(scratch, n, sizeof *scratch, by_value, p);
	for (size_t rank = n; rank > 0; rank--) {
		double adjusted = p[scratch[rank - 1]] * (double)n / (double)rank;
		least = adjusted < least ? adjusted : least;
		p[scratch[rank - 1]] = least;
	}
}

/*
 * What is usual in a fleet and who stands out from it, by the median and the median of the
 * distances from it, which a few bad ones don't move as they would a mean. Of metrics/fleet.c
 * alone.
 */
#ifndef SCHEDTOP_METRICS_FLEET_USUAL_H
#define SCHEDTOP_METRICS_FLEET_USUAL_H

#include "metrics/fleet.h"

/* Fewer than these are too few to say what is usual. */
#define FLEET_LIKE_MIN 5

/*
 * The rows stand by job. An instance is compared with those of its job, or with the whole fleet
 * when these are too few. It stands out when it is further from the median than 3.5 times the
 * scaled median distance (Iglewicz and Hoaglin's limit), than a quarter of the median and than the
 * metric's `least`; and its range must not reach to the median.
 */
enum status fleet_find_outliers(struct fleet *fleet);

#endif

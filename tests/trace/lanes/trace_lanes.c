/* Prints how what a timeline draws from differs from what it should be. */
#include "tests/trace/lanes/check.h"

int main(int argc, char **argv)
{
	int differences = 0;
	for (int i = 1; i < argc; i++) {
		int found = lanes_check(argv[i], stdout);
		if (found < 0)
			printf("%s can't be read\n", argv[i]);
		if (found != 0)
			printf("%s: %d differences\n", argv[i], found);
		differences += found != 0;
	}
	return differences != 0;
}

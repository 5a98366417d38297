/* Uses what a stranger to this repository sees of sluice::c, from C. */
#include "bindings/c/sluice.h"

int main(void) { return sluice_abi_version() >> 16 == SLUICE_ABI_MAJOR ? 0 : 1; }

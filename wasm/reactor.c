/* Nothing: a module is what its exports pull out of the C interface. */
typedef int sluice_reactor;

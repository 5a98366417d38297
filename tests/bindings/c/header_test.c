/* sluice.h is plain C: it compiles alone, under each standard that the build names, with every warning an error. */
#include "bindings/c/sluice.h"

sluice_status sluice_header_test(sluice_client* client, sluice_event* event) {
  sluice_error error = {sizeof(sluice_error), SLUICE_OK, 0, {0}};
  event->struct_size = (uint32_t)sizeof(*event);
  return sluice_client_next_event(client, event, &error);
}

/* A caller in C that uses the interface as its documentation says; called by the tests. */
#include <string.h>

#include "bindings/c/sluice.h"

/* 0 when all is as documented, else the number of the first thing that is not. */
int use_from_c(void) {
  sluice_error error;
  sluice_bundle* bundle = NULL;
  sluice_client* client = NULL;
  memset(&error, 0, sizeof(error));
  error.struct_size = (uint32_t)sizeof(error);

  if (sluice_abi_version() != SLUICE_ABI_VERSION) return 1;
  sluice_bundle_destroy(NULL);
  sluice_client_destroy(NULL);
  sluice_model_destroy(NULL);
  sluice_model_io_destroy(NULL);
  sluice_free(NULL);
  if (sluice_bundle_open("{}", 2, &bundle, &error) != SLUICE_MALFORMED_MANIFEST) return 2;
  if (bundle != NULL) return 3;
  if (error.status != SLUICE_MALFORMED_MANIFEST || error.text_length == 0) return 4;
  if (sluice_bundle_open("{}", 2, &bundle, NULL) != SLUICE_MALFORMED_MANIFEST) return 5;
  if (sluice_client_create(NULL, NULL, 0, NULL, &client, &error) != SLUICE_INVALID_ARGUMENT) return 6;
  if (sluice_client_start(NULL, 0, &error) != SLUICE_INVALID_ARGUMENT) return 7;
  return 0;
}

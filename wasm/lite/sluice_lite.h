/* The device half of split inference as a C interface: a picture in, the local guess and a payload out, both guesses combined.
 * sluice-lite.wasm exports exactly this; natively it is the static library sluice_lite.
 *
 * A context lies in a block of memory that the caller gives and keeps, with everything that a picture needs, so nothing is ever
 * allocated and nothing has to be freed. The unit's bytes must stay where they are as long as the context is used. A context is
 * used by one thread at a time; contexts do not know each other. */
#ifndef SLUICE_LITE_H
#define SLUICE_LITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_LITE_VERSION 2u

/* Statuses up to 63 are those of a device unit (core/split/device/device_unit.hpp). */
enum {
  SLUICE_LITE_GOOD = 0,
  SLUICE_LITE_TOO_LITTLE_MEMORY = 64, /* sluice_lite_bytes() says how much is needed */
  SLUICE_LITE_BAD_ARGUMENT = 65       /* NULL, memory that is not aligned to 8 bytes, more channels than are coded */
};

/* What a context offers; the context begins with it. Fields keep their places from version to version. */
typedef struct sluice_lite {
  uint32_t picture_width;
  uint32_t picture_height;
  uint32_t classes;
  uint32_t coded_channels;   /* of a whole payload: the sent ones, or their coarse values and then the rest of each */
  uint32_t payload_room;     /* bytes: more than the longest payload */
  uint32_t payload_channels; /* coded ones, that the last payload holds */
  uint8_t* picture;          /* RGB, row by row: to be filled in before a run */
  const int8_t* symbols;     /* [position][channel], all channels, the local ones first */
  const float* local;        /* the local guess: logits */
  float* remote;             /* the server's logits: to be filled in before combining */
  const float* combined;     /* both as one */
  const uint8_t* payload;    /* what sluice_lite_encode() wrote */
  const uint32_t* ends;      /* for each channel in it: after how many bytes it may be cut and still hold that one */
} sluice_lite;

/* SLUICE_LITE_VERSION of the library. */
uint32_t sluice_lite_version(void);

/* How much memory a context of this unit takes; 0 where the bytes are no good unit. */
size_t sluice_lite_bytes(const uint8_t* unit, size_t unit_bytes);

/* Makes a context at the start of `memory`, which then is the context. Returns a status. */
int32_t sluice_lite_open(void* memory, size_t memory_bytes, const uint8_t* unit, size_t unit_bytes);

/* From the picture to symbols and the local guess. */
int32_t sluice_lite_run(sluice_lite* context);

/* Writes the last run's features as a payload of at most `budget_bytes`, and of at most `most_channels`. Returns its length; 0: no
 * channel fits, or more channels are asked for than are coded. */
uint32_t sluice_lite_encode(sluice_lite* context, uint32_t budget_bytes, uint32_t most_channels);

/* Local and remote guess as one, by how many coded channels arrived; with none the local guess, and `remote` is not read. */
int32_t sluice_lite_combine(sluice_lite* context, uint32_t arrived_channels);

#ifdef __cplusplus
}
#endif

#endif

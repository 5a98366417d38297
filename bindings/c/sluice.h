/* The C interface of Sluice: bundles, the filter alone, the client pipeline, models, and what stands around a full model. Pure C, and the whole
 * surface of the WebAssembly modules. It polls: the library never calls its host.
 *
 * Ownership. A *_create or *_load call gives a handle that its *_destroy ends; destroying NULL is allowed. What a call is
 * given is read during the call and never kept, so that the caller may free it at once. What a handle gives out by pointer
 * belongs to the handle and is valid until the next call on it. Bytes of sluice_allocate() are freed by sluice_free().
 *
 * Threads. A handle is used by one thread at a time; different handles are independent. There is no global state.
 *
 * Failure. A call returns SLUICE_OK or a number of sluice_errors.h, leaves its out-parameters alone when it fails, and says
 * what went wrong in `error`, the last parameter, which may be NULL. No call aborts or throws. A NULL handle, a NULL
 * out-parameter or a record whose struct_size is smaller than its first version is SLUICE_INVALID_ARGUMENT.
 *
 * Records. One that starts with struct_size has it set by the caller to sizeof; fields beyond it take their defaults, so that
 * later versions may append fields. Enumerations have 32 bits. Every pointer is followed by a 64-bit number, which gives
 * each field the same offset on 32-bit and 64-bit machines. Times are microseconds of the caller's own monotonic clock.
 * Text is UTF-8 as pointer and length, without a terminating zero. */
/* Kept as it stands, since bindings/c/generate/abi.mjs reads it. */
/* clang-format off */
#ifndef SLUICE_H
#define SLUICE_H

#include <stddef.h>
#include <stdint.h>

#include "sluice_errors.h"

#if defined(__GNUC__)
#define SLUICE_API __attribute__((visibility("default")))
#else
#define SLUICE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Major number in the upper 16 bits: raised when something that exists changes. Minor in the lower: raised when something
 * is added. A caller works with a library of the same major and at least its own minor number. */
#define SLUICE_ABI_MAJOR 3
#define SLUICE_ABI_MINOR 4
#define SLUICE_ABI_VERSION ((uint32_t)SLUICE_ABI_MAJOR << 16 | SLUICE_ABI_MINOR)

#define SLUICE_MAX_RANK 8
#define SLUICE_MAX_ENCODINGS 8
#define SLUICE_ERROR_TEXT_BYTES 500
#define SLUICE_NEVER INT64_MAX

typedef struct sluice_bundle sluice_bundle;
typedef struct sluice_filter sluice_filter;
typedef struct sluice_client sluice_client;
typedef struct sluice_model sluice_model;
typedef struct sluice_staged sluice_staged;
typedef struct sluice_model_io sluice_model_io;

/* ---- records */

typedef struct sluice_error {
  uint32_t struct_size;
  sluice_status status;
  uint32_t text_length;
  char text[SLUICE_ERROR_TEXT_BYTES]; /* cut at a character's boundary when longer */
} sluice_error;

typedef struct sluice_bytes {
  const void* data;
  uint64_t length;
} sluice_bytes;

/* Numbered as ONNX's TensorProto.DataType. */
typedef uint32_t sluice_tensor_type;

/* A dense tensor in row-major order. */
typedef struct sluice_tensor {
  sluice_tensor_type type;
  uint32_t rank;
  int64_t dims[SLUICE_MAX_RANK];
  sluice_bytes bytes;
  sluice_bytes name; /* may be empty where the position says which one it is */
} sluice_tensor;

typedef uint32_t sluice_pixel_format;
enum {
  SLUICE_RGBA8 = 0,
  SLUICE_RGB8 = 1,
  SLUICE_BGR8 = 2,
  SLUICE_BGRA8 = 3,
  SLUICE_GRAY8 = 4,
  SLUICE_I420 = 5, /* Y, U, V planes one after the other */
  SLUICE_NV12 = 6  /* Y plane, then interleaved UV */
};

/* What the numbers of I420 and NV12 mean: the matrix, and whether black to white is 16 to 235 or 0 to 255. */
typedef uint32_t sluice_yuv_colours;
enum { SLUICE_BT601_LIMITED = 0, SLUICE_BT601_FULL = 1, SLUICE_BT709_LIMITED = 2, SLUICE_BT709_FULL = 3 };

typedef uint32_t sluice_sample_format;
enum {
  SLUICE_F32 = 0, /* float32, full scale 1 */
  SLUICE_S16 = 1  /* int16, full scale 32768 */
};

typedef uint32_t sluice_modality;
enum {
  SLUICE_IMAGE = 0,
  SLUICE_CLIP = 1,
  SLUICE_AUDIO = 2,
  SLUICE_SIGNAL = 3,
  SLUICE_TEXT = 4,
  SLUICE_TENSOR = 5
};

/* One input of a bundle. What the fields mean depends on the modality; those that are not named are ignored.
 * image:  format (sluice_pixel_format), width, height, stride_bytes, yuv; bytes: the pixels
 * clip:   the same and frames; bytes: the frames of `bytes.length / frames` bytes each, oldest first
 * audio:  format (sluice_sample_format), samples of each channel, channels, rate_hz; bytes: samples, interleaved
 * signal: steps, channels; bytes: float32, one channel after the other
 * text:   bytes: UTF-8
 * tensor: format (sluice_tensor_type), rank, dims; bytes: the elements */
typedef struct sluice_input {
  uint32_t struct_size;
  sluice_modality modality;
  uint32_t format;
  uint32_t width;
  uint32_t height;
  uint32_t frames;
  uint32_t samples;
  uint32_t steps;
  uint32_t channels;
  uint32_t rate_hz;
  uint32_t rank;
  sluice_yuv_colours yuv;
  sluice_bytes bytes;
  uint64_t stride_bytes; /* of one-plane formats; 0: rows follow each other without gaps */
  int64_t dims[SLUICE_MAX_RANK];
} sluice_input;

typedef struct sluice_memory_use {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t heap_bytes; /* WebAssembly: size of the linear memory; native: what the allocator holds, 0 where it cannot tell */
  uint64_t used_bytes; /* of it, allocated now */
} sluice_memory_use;

/* ---- library */

SLUICE_API uint32_t sluice_abi_version(void);

/* Bytes aligned to 64 for data that the host hands over; NULL when there is no memory. */
SLUICE_API void* sluice_allocate(size_t bytes);
SLUICE_API void sluice_free(void* bytes);

SLUICE_API sluice_status sluice_memory(sluice_memory_use* out, sluice_error* error);

/* ---- bundles: what a manifest says */

typedef struct sluice_bundle_info {
  uint32_t struct_size;
  uint32_t part_count;
  uint32_t question_count;
  float default_target;     /* the accuracy target when nobody asks for another */
  sluice_modality modality; /* of the model's input */
  /* What the model takes. image: width and height of its tensor, to which pictures of any size are fitted; clip: the same and
   * frames; audio: samples of each channel, channels, rate in Hz; signal: steps, channels; text: most bytes */
  uint32_t sizes[3];
  sluice_tensor_type tensor_type; /* tensor: its elements and dimensions */
  uint32_t tensor_rank;
  int64_t tensor_dims[SLUICE_MAX_RANK];
  sluice_bytes name;
  sluice_bytes version;
  sluice_bytes description;
} sluice_bundle_info;

enum {
  SLUICE_USED_BY_QUESTIONS = 1,
  SLUICE_USED_BY_MODEL = 2,
  SLUICE_USED_BY_DEVICE_HALF = 4, /* of a model in two halves; not told by the module of the gate alone */
  SLUICE_USED_BY_EXITS = 8, /* beside the model, which runs by stages with it; told by the modules that run full models */
  SLUICE_USED_BY_CUT = 16   /* beside both, where a server goes on from a cut; told by the same */
};

/* A file of the bundle. Whoever reads the file checks its size and hash. */
typedef struct sluice_bundle_part {
  uint32_t struct_size;
  uint32_t uses; /* SLUICE_USED_BY_... */
  sluice_bytes name;
  sluice_bytes file;
  sluice_bytes sha256; /* 64 hex digits */
  uint64_t bytes;
} sluice_bundle_part;

typedef struct sluice_question {
  uint32_t struct_size;
  uint32_t point_count; /* operating points */
  float error_share;    /* of the errors that the accuracy target allows */
  uint32_t reserved;
  sluice_bytes kind;    /* "skip" */
} sluice_question;

/* A threshold that keeps a target: with this confidence at least that share of results agrees with the full model's. */
typedef struct sluice_operating_point {
  uint32_t struct_size;
  float target;
  float confidence;
  float threshold;
  float filter_rate; /* share of the calibration inputs that the question answered */
  uint32_t reserved;
} sluice_operating_point;

/* Reads a manifest (JSON). */
SLUICE_API sluice_status sluice_bundle_open(const char* json, size_t json_length, sluice_bundle** out, sluice_error* error);
SLUICE_API void sluice_bundle_destroy(sluice_bundle* bundle);
SLUICE_API sluice_status sluice_bundle_describe(sluice_bundle* bundle, sluice_bundle_info* out, sluice_error* error);
SLUICE_API sluice_status sluice_bundle_get_part(sluice_bundle* bundle, uint32_t index, sluice_bundle_part* out,
                                                sluice_error* error);
SLUICE_API sluice_status sluice_bundle_get_question(sluice_bundle* bundle, uint32_t index, sluice_question* out,
                                                    sluice_error* error);
SLUICE_API sluice_status sluice_bundle_get_operating_point(sluice_bundle* bundle, uint32_t question, uint32_t index,
                                                           sluice_operating_point* out, sluice_error* error);

/* The contents of a part, for the calls that make something of a bundle. */
typedef struct sluice_part {
  sluice_bytes name;
  sluice_bytes bytes;
} sluice_part;

/* ---- filter: the judgement alone, for hosts that run the model or reach their server in a way of their own */

typedef struct sluice_verdict {
  uint32_t struct_size;
  uint32_t skip;   /* 1: the model's result would be redundant; 0: the input needs the model */
  float score;     /* the filter's estimate that the model is needed, in [0, 1] */
  float threshold; /* inputs with a lower score are skipped */
} sluice_verdict;

/* The SKIP filter of the bundle, at the manifest's default accuracy target. `parts` are those of SLUICE_USED_BY_QUESTIONS.
 * SLUICE_INVALID_ARGUMENT for a bundle without a 'skip' question. The bundle may be destroyed afterwards. */
SLUICE_API sluice_status sluice_filter_create(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                              sluice_filter** out, sluice_error* error);
SLUICE_API void sluice_filter_destroy(sluice_filter* filter);

SLUICE_API sluice_status sluice_filter_judge(sluice_filter* filter, const sluice_input* input, sluice_verdict* out,
                                             sluice_error* error);

/* As sluice_client_set_accuracy_target. */
SLUICE_API sluice_status sluice_filter_set_accuracy_target(sluice_filter* filter, float target, float* out_kept,
                                                           sluice_error* error);

/* ---- client: the questions and the conversation with the server, see core/pipeline/client.hpp */

typedef uint32_t sluice_queue_policy;
enum { SLUICE_NEWEST_WINS = 0, SLUICE_KEEP_ALL = 1 };

typedef uint32_t sluice_place;
enum { SLUICE_REMOTE = 0, SLUICE_REMOTE_ELSE_LOCAL = 1, SLUICE_LOCAL = 2 };

/* 0 in a number means its default, given in parentheses. */
typedef struct sluice_client_options {
  uint32_t struct_size;
  sluice_queue_policy queue;
  sluice_place place;
  uint32_t max_in_flight;        /* (4) lowered to the server's limit */
  uint32_t max_waiting;          /* (256) for SLUICE_KEEP_ALL */
  uint32_t budget_ms;            /* (2000) of each input, from its offer to its answer */
  uint32_t handshake_timeout_ms; /* (5000) */
  uint32_t ping_interval_ms;     /* (10000) */
  uint32_t pong_timeout_ms;      /* (5000) */
  uint32_t backoff_first_ms;     /* (250) */
  uint32_t backoff_max_ms;       /* (15000) */
  uint32_t private_answers;      /* 1: where the bundle shares answers among clients, neither take theirs nor give ours */
  uint64_t max_message_bytes;    /* (16 MiB) */
  uint64_t max_unsent_bytes;     /* (64 KiB) that wait for the socket before another payload is asked for */
  uint64_t jitter_seed;          /* (1) */
  sluice_bytes client_name;      /* ("sluice") shown in the server's log */
  uint32_t stages;               /* 1: where the bundle has early exits, the caller runs the model by stages; see sluice_staged_run() */
  uint32_t stale_answer_ms;      /* (0: never) of a model in two halves, on video: how much older the picture may be whose answer of the
                                    remote half is put to a guess that would answer alone */
  float exits_mean_cost;         /* (0: none) with stages: the mean cost that inputs come to, of the whole model's, above 0 to 1, within
                                    what the accuracy target allows; nothing behind a cut */
  uint32_t cut;                  /* 1, with stages: where the bundle has a cut, the caller runs the stages up to it and codes what they leave for
                                    the server to go on from; see sluice_staged_code() */
  float least_agreement;         /* (0: the model alone) the least share of inputs, above 0 to 1, on which a variant of the model has to agree with
                                    it to answer in its place where the model would be late */
  uint32_t place_forms;          /* 1, except under SLUICE_LOCAL: each input takes the form that is expected to answer it first, see
                                    sluice_placement. In modules that run full models */
  uint32_t duplicate;            /* 1, with place_forms: the model here runs beside a request whose answer may be late, begun as late as that
                                    may be; SLUICE_RUN_STAGE asks for it as for an input that is answered here */
  uint32_t reserved;
  sluice_bytes stand_in;         /* with duplicate: the variant of the model that runs then, whose part SLUICE_RUN_STAGE names; its answer is taken
                                    only when the input's time is up, or no other comes. Empty: the model itself */
  uint32_t choose;               /* 1: each input gets the answer, of all that the place and the bundle have, questions' ones included, that is
                                    expected to cost least by the weights below and keeps its budget, and the accuracy target in the mean
                                    (core/pipeline/answer_chooser.hpp). Takes the place of place_forms and `duplicate` */
  float kept_in_time;            /* (0.95) with choose: the share of inputs that are to be answered within their budget */
  double weigh_device_ms;        /* with choose: what a millisecond of this device's work costs, in any one unit; all three 0: (1) */
  double weigh_kilobyte;         /* a kilobyte sent (5) */
  double weigh_server_ms;        /* a millisecond of the server's work (1) */
  uint32_t live_promise;         /* 1: the accuracy target is kept live, see sluice_promise. In modules that run full models */
  uint32_t reserved2;
  uint64_t audit_seed;           /* (1) with live_promise: of the draws */
} sluice_client_options;

typedef uint32_t sluice_connection_state;
enum {
  SLUICE_IDLE = 0,
  SLUICE_CONNECTING = 1,
  SLUICE_HANDSHAKING = 2,
  SLUICE_READY = 3,
  SLUICE_BACKING_OFF = 4,
  SLUICE_STOPPED = 5
};

typedef uint32_t sluice_encoding;
enum {
  SLUICE_ENCODING_TENSOR = 1,
  SLUICE_ENCODING_RGB8 = 2,
  SLUICE_ENCODING_JPEG = 3,
  SLUICE_ENCODING_PNG = 4,
  SLUICE_ENCODING_WEBP = 5,
  SLUICE_ENCODING_F32 = 16, /* float32: audio interleaved, a signal channel after channel */
  SLUICE_ENCODING_S16 = 17, /* int16: audio interleaved */
  SLUICE_ENCODING_UTF8 = 18
};

typedef uint32_t sluice_answer_kind;
enum {
  SLUICE_SKIPPED = 0,
  SLUICE_REUSED = 1,
  SLUICE_EXITED = 2,
  SLUICE_SPLIT = 3,
  SLUICE_ANSWERED_REMOTE = 4,
  SLUICE_ANSWERED_LOCAL = 5
};

typedef uint32_t sluice_event_kind;
enum {
  SLUICE_NO_EVENT = 0,
  SLUICE_ANSWERED = 1,       /* input, answer_kind, score, threshold, text (the reason), cost, output_count */
  SLUICE_INPUT_FAILED = 2,   /* input, status, text, cost */
  SLUICE_RUN_WANTED = 3,     /* attempt, input, work and its fields: do it, then call submit_payload, submit_outputs or fail */
  SLUICE_CONNECT_WANTED = 4, /* open a connection, then call connected or disconnected */
  SLUICE_CLOSE_WANTED = 5,   /* close the connection with close_code */
  SLUICE_STATE_CHANGED = 6,  /* state, status and text (why, if there is a reason), retry_in_ms */
  SLUICE_AUDIT_ENDED = 7,    /* input, audit_result, cost: of an answer that said it is audited; its input is not needed any more */
  SLUICE_PROMISE_CHANGED = 8 /* the live promise's state, or its alarms: sluice_client_promise() tells */
};

/* What the full model said of an answer that was given without it. */
typedef uint32_t sluice_audit_result;
enum { SLUICE_AUDIT_RIGHT = 0, SLUICE_AUDIT_WRONG = 1, SLUICE_AUDIT_FAILED = 2 };

typedef uint32_t sluice_work;
enum {
  SLUICE_ENCODE = 0,   /* encode the input in one of `encodings` (best first), a picture with jpeg_quality and scale; or, where `own` is 1, submit
                          the file that sluice_client_offer_jpeg() was given as it is, as SLUICE_ENCODING_JPEG */
  SLUICE_RUN_STAGE = 1 /* run the part of the bundle named `part` on this device, of a model by stages its `stage` */
};

/* Microseconds and bytes of one input; 0 for stages that did not take place. */
typedef struct sluice_cost {
  int64_t gate_us;
  int64_t encode_us;
  int64_t wait_us;
  int64_t round_trip_us;
  int64_t server_queue_us;
  int64_t server_decode_us;
  int64_t server_compute_us;
  int64_t local_compute_us;
  uint64_t bytes_up;
  uint64_t bytes_down;
} sluice_cost;

typedef struct sluice_event {
  uint32_t struct_size;
  sluice_event_kind kind;
  uint64_t input;
  uint64_t attempt;
  sluice_answer_kind answer_kind;
  float score; /* FLT_MAX where REUSE remembers nothing yet */
  float threshold;
  uint32_t output_count;
  sluice_status status;
  sluice_connection_state state;
  uint32_t retry_in_ms;
  uint32_t close_code;
  sluice_bytes text;
  sluice_cost cost;
  sluice_work work;
  uint32_t encoding_count;
  sluice_encoding encodings[SLUICE_MAX_ENCODINGS];
  uint32_t jpeg_quality; /* 1 to 100 */
  float scale;           /* both sides of a picture by this much, (0, 1] */
  sluice_bytes part;
  uint32_t stage;         /* of a model that runs by stages: which one */
  uint32_t with_exit;     /* 1: the exit behind it is asked as well */
  uint64_t multiply_adds; /* cost: of the stages and exits that were run on this device; 0 where nothing counts them */
  uint32_t coded;         /* 1: that stage has run, and what it left is to be coded: sluice_staged_code(), sluice_client_submit_coded() */
  uint32_t stopgap;       /* of an answer, 1: it was kept for want of a better one, which did not come in time or failed; no accuracy
                             target stands behind it */
  uint32_t own;           /* of SLUICE_ENCODE, 1: the file that came with the input is sent, nothing is encoded */
  uint32_t placed;        /* of an answer, 1: the input was placed; sluice_client_event_placement() says how */
  float agreement;        /* of `variant`: the share of inputs on which it agrees with the model; 0: not known */
  uint32_t audited;       /* of an answer, 1: the full model runs for the input as well; it is needed until SLUICE_AUDIT_ENDED */
  sluice_bytes variant;   /* of an answer: the variant of the model that gave it in its place; empty: the model itself, or none ran */
  sluice_audit_result audit_result;
  uint32_t reserved;
} sluice_event;

/* In what form an input is answered. */
typedef uint32_t sluice_form;
enum {
  SLUICE_FORM_WHOLE = 0,    /* encoded by the caller, for the server: a picture in full size, but where the link wants it smaller */
  SLUICE_FORM_FILE = 1,     /* the file that the caller has, for the server */
  SLUICE_FORM_SHRUNK = 2,   /* a picture that the caller makes as small as the model takes it (`scale`) and encodes, for the server */
  SLUICE_FORM_FEATURES = 3, /* what the device half codes, for the server's half */
  SLUICE_FORM_STAGES = 4,   /* what the model's first stages left, for the server to go on from */
  SLUICE_FORM_HERE = 5      /* it does not leave this device */
};

/* The model on this device beside the server's. */
typedef uint32_t sluice_duplicate;
enum {
  SLUICE_DUPLICATE_NONE = 0,    /* not thought of */
  SLUICE_DUPLICATE_SKIPPED = 1, /* not needed: the server answered first, or was sure enough to */
  SLUICE_DUPLICATE_BEGUN = 2,   /* began, and came second */
  SLUICE_DUPLICATE_WON = 3      /* answered */
};

/* The ways in which an input may be answered. */
typedef uint32_t sluice_choice;
enum {
  SLUICE_CHOICE_SKIP = 0,  /* by none, because nothing is there */
  SLUICE_CHOICE_REUSE = 1, /* by an earlier answer */
  SLUICE_CHOICE_EXIT = 2,  /* by an early exit here */
  SLUICE_CHOICE_SPLIT = 3, /* by a model whose first part runs here and whose rest at the server */
  SLUICE_CHOICE_SMALL = 4, /* by the server's model, for the input made smaller here */
  SLUICE_CHOICE_WHOLE = 5, /* by the server's model, for the input encoded here in full size */
  SLUICE_CHOICE_HERE = 6,  /* by the model here */
  SLUICE_CHOICE_FILE = 7   /* by the server's model, for the file that the caller has */
};

/* How an input was placed: each answer that was to be had was predicted, and one was chosen, the quickest of those that were expected in
 * time (core/pipeline/placement_record.hpp). Of one that was chosen again as the input went on, the last time. Both records may grow. */
typedef struct sluice_placement {
  uint32_t struct_size;
  uint32_t considered_count; /* 0: it waited for a server until the model here answered */
  uint32_t taken;            /* of these, the one that was chosen */
  sluice_duplicate duplicate;
  int64_t actual_us;         /* from then to the answer */
  uint64_t actual_bytes;     /* sent to the server in that time */
  uint32_t asked;            /* how often it was chosen */
  uint32_t guarded;          /* 1: the promise allowed no answer but the full model's */
  float price_per_error;     /* of one that is certain, in the unit of costs; 0 where no answer was priced */
  float actual_cost;         /* what the answer came to; 0 where none was priced */
} sluice_placement;

/* An answer that was considered for it. */
typedef struct sluice_considered {
  uint32_t struct_size;
  sluice_choice choice;
  sluice_form form;         /* what it takes of the caller; SLUICE_FORM_HERE of what does not leave this device */
  uint32_t setting;         /* exit: which, from 1 on, 0: whichever is sure first; split: how many channels; otherwise 0 */
  uint32_t in_time;         /* 1: in time, 19 times out of 20, it was expected */
  uint32_t allowed;         /* 1: by the accuracy target */
  uint32_t full_model;      /* 1: it is the full model's */
  uint32_t reserved;
  int64_t predicted_us;     /* from then to the answer: the mean */
  int64_t predicted_p95_us; /* not longer 19 times out of 20 */
  uint64_t bytes;           /* to the server */
  float cost;               /* expected; 0 where no answer was priced */
  float error;              /* probability that it is not the full model's answer */
} sluice_considered;

/* How a live promise stands (core/promise/live_promise.hpp): thresholds follow this stream's inputs, from what the full model says of those that
 * go to it, and a share of the answers without it is audited: the model runs for them as well, when nobody's input waits. Agreement is
 * 1 less errors over inputs. The record may grow. */
typedef uint32_t sluice_promise_state;
enum {
  SLUICE_PROMISE_LEARNING = 0, /* too few audits to say */
  SLUICE_PROMISE_KEPT = 1,     /* by estimate and margin */
  SLUICE_PROMISE_TIGHT = 2,    /* by the estimate, but not with its margin */
  SLUICE_PROMISE_BROKEN = 3    /* not even by the estimate */
};

typedef struct sluice_promise {
  uint32_t struct_size;
  sluice_promise_state state;
  uint64_t since;         /* which input the state has held from */
  uint64_t inputs;        /* that were answered under the promise */
  uint64_t answered;      /* of them, without the full model */
  uint64_t audits;        /* of those, drawn to be audited */
  uint64_t pending;       /* of the audits, to come */
  uint64_t found;         /* wrong, by audits */
  uint64_t proven_least;  /* errors among all inputs, at least and at most, with `confidence`, whatever their order */
  uint64_t proven_most;
  uint64_t alarms;
  uint64_t last_alarm;    /* the input; 0: none yet */
  double target;
  double confidence;
  double allowed_errors;  /* by the target, so far */
  double errors;          /* by estimate, and its standard deviation */
  double deviation;
  double recent_inputs;   /* the same of the last inputs, older ones counting for less */
  double recent_errors;
  double recent_deviation;
  double alarm_nearness;  /* 1: it goes off */
  uint64_t audit_bytes_up;
  uint64_t audit_bytes_down;
  int64_t audit_compute_us; /* of the model, wherever it ran */
  uint32_t place_count;     /* that answer without the full model */
  uint32_t reserved;
} sluice_promise;

/* One of them. */
typedef struct sluice_promise_place {
  uint32_t struct_size;
  float threshold;   /* its answers have scores below: of a question in its own unit, else the error expected */
  sluice_bytes name; /* "skip", "reuse", "exits", "halves" */
} sluice_promise_place;

typedef struct sluice_client_state {
  uint32_t struct_size;
  sluice_connection_state connection;
  uint32_t in_flight;
  uint32_t waiting;
  uint64_t unsent_bytes;
} sluice_client_state;

/* A client of the bundle. `parts` are those of SLUICE_USED_BY_QUESTIONS; without any of them, no question is asked and every input
 * needs the model. With the part of SLUICE_USED_BY_DEVICE_HALF beside them, inputs may take the route of a model in two halves
 * (core/pipeline/split_route.hpp), except under SLUICE_LOCAL: the caller runs that part, as wasm/lite does, when SLUICE_RUN_STAGE names it,
 * and submits the guess (float32 [1, classes], named as the model's output), the payload (uint8 [bytes]) and its ends (int32 [channels],
 * with how many of its bytes each channel is whole; no more channels than these are sent). With `stages`, where the model may run on this
 * device, SLUICE_RUN_STAGE names the part of SLUICE_USED_BY_EXITS, a stage at a time, until an exit is sure
 * (core/pipeline/exit_route.hpp). With `cut` beside it, except under SLUICE_LOCAL, it does so up to the bundle's cut, and where no exit was
 * sure the last event for the input is `coded` (core/pipeline/exit_split_route.hpp): answers of the server's stages are SLUICE_SPLIT, with an
 * output 'exit' where one of its exits gave them: the place's number, from 0 on, where what people read counts from 1. With `place_forms`
 * the form of each input is chosen when it begins, among those that the place, the bundle and the parts allow; the caller does what
 * SLUICE_RUN_WANTED says, as ever. SLUICE_INVALID_ARGUMENT for `cut` without `stages`, and for placing that has no choice: under SLUICE_LOCAL,
 * with a duplicate and nothing that runs here, with a `stand_in` that the bundle does not have, in modules that place nothing; and for a live
 * promise about a bundle whose answers cannot be compared. `options` may be
 * NULL. The bundle may be destroyed afterwards. */
SLUICE_API sluice_status sluice_client_create(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                              const sluice_client_options* options, sluice_client** out, sluice_error* error);
SLUICE_API void sluice_client_destroy(sluice_client* client);

SLUICE_API sluice_status sluice_client_start(sluice_client* client, int64_t now_us, sluice_error* error);
SLUICE_API sluice_status sluice_client_stop(sluice_client* client, int64_t now_us, sluice_error* error);

/* Asks the questions about an input. Its outcome comes as events under the number put into `out_input`. */
SLUICE_API sluice_status sluice_client_offer(sluice_client* client, const sluice_input* input, int64_t now_us,
                                             uint64_t* out_input, sluice_error* error);
/* The same of a picture that the caller has as a JPEG file as well, upright and of the input's size: where inputs are placed it may be
 * wanted as it is (`own`). The caller keeps the file as it keeps the picture, until the input's outcome. In modules that run full models. */
SLUICE_API sluice_status sluice_client_offer_jpeg(sluice_client* client, const sluice_input* input, const void* jpeg,
                                                  size_t jpeg_length, int64_t now_us, uint64_t* out_input,
                                                  sluice_error* error);
SLUICE_API sluice_status sluice_client_cancel(sluice_client* client, uint64_t input, int64_t now_us, sluice_error* error);

/* Answers to SLUICE_RUN_WANTED: to SLUICE_ENCODE a payload, to SLUICE_RUN_STAGE named tensors, or why there is neither. For an
 * attempt that has ended meanwhile they do nothing. `traceparent`: the trace that the input belongs to, 55 characters by W3C Trace
 * Context, which go to the server as they are; NULL with length 0: none. */
SLUICE_API sluice_status sluice_client_submit_payload(sluice_client* client, uint64_t attempt, sluice_encoding encoding,
                                                      const void* payload, size_t payload_length,
                                                      const char* traceparent, size_t traceparent_length,
                                                      int64_t encode_us, int64_t now_us, sluice_error* error);
SLUICE_API sluice_status sluice_client_submit_outputs(sluice_client* client, uint64_t attempt, const sluice_tensor* outputs,
                                                      uint32_t output_count, const char* traceparent,
                                                      size_t traceparent_length, int64_t compute_us, int64_t now_us,
                                                      sluice_error* error);
SLUICE_API sluice_status sluice_client_fail(sluice_client* client, uint64_t attempt, sluice_status status, const char* text,
                                            size_t text_length, int64_t now_us, sluice_error* error);

/* The same for a stage: what sluice_staged_run() gave, and how much was run for it. In modules that run full models. */
SLUICE_API sluice_status sluice_client_submit_stage(sluice_client* client, uint64_t attempt, const sluice_tensor* outputs,
                                                    uint32_t output_count, uint64_t multiply_adds, int64_t compute_us,
                                                    int64_t now_us, sluice_error* error);
/* The same for what sluice_staged_code() gave. `traceparent` as above. */
SLUICE_API sluice_status sluice_client_submit_coded(sluice_client* client, uint64_t attempt, const void* coded,
                                                    size_t coded_length, const char* traceparent, size_t traceparent_length,
                                                    int64_t compute_us, int64_t now_us, sluice_error* error);

/* What happens on the connection; `message` is one whole binary WebSocket message. */
SLUICE_API sluice_status sluice_client_connected(sluice_client* client, int64_t now_us, sluice_error* error);
SLUICE_API sluice_status sluice_client_receive(sluice_client* client, const void* message, size_t message_length,
                                               int64_t now_us, sluice_error* error);
SLUICE_API sluice_status sluice_client_disconnected(sluice_client* client, sluice_status status, const char* text,
                                                    size_t text_length, int64_t now_us, sluice_error* error);

/* The next event; SLUICE_NO_EVENT when there is none. Call it after every other call until then. */
SLUICE_API sluice_status sluice_client_next_event(sluice_client* client, sluice_event* out, sluice_error* error);
/* A tensor of the answer that next_event gave last. */
SLUICE_API sluice_status sluice_client_event_output(sluice_client* client, uint32_t index, sluice_tensor* out,
                                                    sluice_error* error);
/* How the input of that answer was placed; SLUICE_NOT_FOUND where it was not. In modules that run full models. */
SLUICE_API sluice_status sluice_client_event_placement(sluice_client* client, sluice_placement* out, sluice_error* error);
/* The same of an answer that was considered for it. */
SLUICE_API sluice_status sluice_client_event_considered(sluice_client* client, uint32_t index, sluice_considered* out,
                                                        sluice_error* error);
/* How the live promise stands; SLUICE_NOT_FOUND without one, or where the target is 1. In modules that run full models, as the next four. */
SLUICE_API sluice_status sluice_client_promise(sluice_client* client, sluice_promise* out, sluice_error* error);
SLUICE_API sluice_status sluice_client_promise_place(sluice_client* client, uint32_t index, sluice_promise_place* out,
                                                     sluice_error* error);
/* What it has learned and spent, some kB, for sluice_client_restore_promise(); valid until the next call for this client, empty without one. */
SLUICE_API sluice_status sluice_client_save_promise(sluice_client* client, sluice_bytes* out, sluice_error* error);
/* Goes on from there: before the first input, and after the accuracy target was set. SLUICE_INVALID_ARGUMENT says what is wrong with the state
 * (another bundle's, another version's, cut short, edited), and that there is no live promise. */
SLUICE_API sluice_status sluice_client_restore_promise(sluice_client* client, const void* state, size_t state_length,
                                                       sluice_error* error);
/* What the caller knows of an answer that was given without the full model: 1, it was wrong, or 0. SLUICE_NOT_FOUND where the input is not
 * among the last ones that were, or this was told already; SLUICE_INVALID_ARGUMENT without a live promise. */
SLUICE_API sluice_status sluice_client_feedback(sluice_client* client, uint64_t input, uint32_t wrong, int64_t now_us,
                                                sluice_error* error);
/* The next message to send; `data` is NULL when there is none. */
SLUICE_API sluice_status sluice_client_next_message(sluice_client* client, sluice_bytes* out, sluice_error* error);
/* That many bytes of messages have left for the network since the last call. Until it is told, no new payload is asked for once
 * max_unsent_bytes are under way. */
SLUICE_API sluice_status sluice_client_sent(sluice_client* client, uint64_t bytes, int64_t now_us, sluice_error* error);
/* When tick is to be called at the latest; SLUICE_NEVER when nothing is due. */
SLUICE_API sluice_status sluice_client_next_deadline(sluice_client* client, int64_t* out_us, sluice_error* error);
SLUICE_API sluice_status sluice_client_tick(sluice_client* client, int64_t now_us, sluice_error* error);

/* `target` in (0, 1]. `out_kept` receives the accuracy that the calibrated points keep, which is not below it; 1 when there are
 * none, and then no question answers. */
SLUICE_API sluice_status sluice_client_set_accuracy_target(sluice_client* client, float target, float* out_kept,
                                                           sluice_error* error);
SLUICE_API sluice_status sluice_client_get_state(sluice_client* client, sluice_client_state* out, sluice_error* error);

/* Records everything that the client is told from now on (1) or ends that (0); see core/pipeline/decision_log.hpp. */
SLUICE_API sluice_status sluice_client_record(sluice_client* client, uint32_t on, sluice_error* error);
/* The next line of the record, without its end; `data` is NULL when there is none. Lines wait until they are taken, up to 16 MiB
 * of them: then the record ends, with the line "0 cut-off". */
SLUICE_API sluice_status sluice_client_next_log_line(sluice_client* client, sluice_bytes* out, sluice_error* error);

/* ---- models */

/* 0 in a number means its default, given in parentheses. */
typedef struct sluice_model_options {
  uint32_t struct_size;
  uint32_t threads;           /* (1) that a run may use, the caller's included */
  uint64_t max_model_bytes;   /* (512 MiB) */
  uint64_t max_tensor_bytes;  /* (512 MiB) of any one tensor */
  uint64_t max_total_bytes;   /* (1 GiB) activations and packed weights together */
  uint32_t max_nodes;         /* (20000) */
  uint32_t max_values;        /* (100000) */
} sluice_model_options;

typedef struct sluice_model_info {
  uint32_t struct_size;
  uint32_t input_count;
  uint32_t output_count;
  uint32_t threads; /* that runs really use */
  uint64_t nodes_read;
  uint64_t nodes_run;
  uint64_t weight_bytes;
  uint64_t activation_bytes; /* after the first run */
  uint64_t multiply_adds;    /* of one run */
} sluice_model_info;

SLUICE_API sluice_status sluice_model_load(const void* onnx, size_t onnx_length, const sluice_model_options* options,
                                           sluice_model** out, sluice_error* error);
SLUICE_API void sluice_model_destroy(sluice_model* model);
SLUICE_API sluice_status sluice_model_inspect(sluice_model* model, sluice_model_info* out, sluice_error* error);
/* Name, type and dimensions (-1 where the model leaves one open) of an input or output; `bytes` stays empty. */
SLUICE_API sluice_status sluice_model_describe_input(sluice_model* model, uint32_t index, sluice_tensor* out,
                                                     sluice_error* error);
SLUICE_API sluice_status sluice_model_describe_output(sluice_model* model, uint32_t index, sluice_tensor* out,
                                                      sluice_error* error);
/* Runs on `inputs`, in the model's order. */
SLUICE_API sluice_status sluice_model_run(sluice_model* model, const sluice_tensor* inputs, uint32_t input_count,
                                          sluice_error* error);
/* An output of the last run, valid until the next one. */
SLUICE_API sluice_status sluice_model_output(sluice_model* model, uint32_t index, sluice_tensor* out, sluice_error* error);

/* ---- a bundle's model by stages, with its early exits (core/exit/staged_program.hpp) */

typedef struct sluice_staged_info {
  uint32_t struct_size;
  uint32_t exit_count;    /* that are here; there is one more stage, unless the stages end at a cut */
  uint32_t threads;       /* that runs really use */
  uint32_t exits_in_all;  /* those of a server behind the cut included */
  uint64_t multiply_adds; /* of a run to the model's end that asks no exit; where shapes depend on values 0 before the first */
} sluice_staged_info;

typedef struct sluice_exit_info {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t stage_multiply_adds; /* of the stage before it */
  uint64_t exit_multiply_adds;  /* of the exit itself */
  sluice_bytes tensor;          /* of the model, that it stands at */
} sluice_exit_info;

/* `parts` are those of SLUICE_USED_BY_MODEL and SLUICE_USED_BY_EXITS. SLUICE_INVALID_ARGUMENT for a bundle without exits,
 * SLUICE_BUNDLE_PART_MISSING for a part that was not given. The bundle may be destroyed afterwards. */
SLUICE_API sluice_status sluice_staged_load(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                            const sluice_model_options* options, sluice_staged** out, sluice_error* error);
SLUICE_API void sluice_staged_destroy(sluice_staged* staged);
SLUICE_API sluice_status sluice_staged_inspect(sluice_staged* staged, sluice_staged_info* out, sluice_error* error);
SLUICE_API sluice_status sluice_staged_get_exit(sluice_staged* staged, uint32_t index, sluice_exit_info* out,
                                                sluice_error* error);
/* The same for a client with `cut`: what its stages leave at the bundle's cut can be coded. `whole`, 1: the model may run to its end here as
 * well (SLUICE_REMOTE_ELSE_LOCAL); 0: its stages end at the cut, and what follows takes no memory. `parts` are those of
 * SLUICE_USED_BY_MODEL, SLUICE_USED_BY_EXITS and SLUICE_USED_BY_CUT. SLUICE_INVALID_ARGUMENT for a bundle without a cut. */
SLUICE_API sluice_status sluice_staged_load_cut(sluice_bundle* bundle, const sluice_part* parts, uint32_t part_count,
                                                uint32_t whole, const sluice_model_options* options, sluice_staged** out,
                                                sluice_error* error);
/* What SLUICE_RUN_STAGE wants where it names the part of SLUICE_USED_BY_EXITS. The first stage reads `input`, each other goes on from the
 * one before, which must have run just before for the same attempt, and takes NULL. `out_count` tensors are then there for
 * sluice_client_submit_stage(), and `out_multiply_adds` is what was run for them. */
SLUICE_API sluice_status sluice_staged_run(sluice_staged* staged, uint64_t attempt, uint32_t stage, uint32_t with_exit,
                                           const sluice_input* input, uint32_t* out_count, uint64_t* out_multiply_adds,
                                           sluice_error* error);
/* A tensor of the last run, valid until the next one. */
SLUICE_API sluice_status sluice_staged_output(sluice_staged* staged, uint32_t index, sluice_tensor* out,
                                              sluice_error* error);

/* What an event that is `coded` wants: what that stage left, which must have run just before for the same attempt, as the bytes that the
 * server goes on from, for sluice_client_submit_coded(); valid until the next run or coding. SLUICE_INVALID_ARGUMENT where the model was
 * loaded without its cut. */
SLUICE_API sluice_status sluice_staged_code(sluice_staged* staged, uint64_t attempt, uint32_t stage, sluice_bytes* out,
                                            sluice_error* error);

/* ---- what stands around a bundle's full model where another engine runs it: input to tensor, raw outputs to results */

SLUICE_API sluice_status sluice_model_io_create(sluice_bundle* bundle, sluice_model_io** out, sluice_error* error);
SLUICE_API void sluice_model_io_destroy(sluice_model_io* io);
/* The model's input tensor for an input; valid until the next prepare. */
SLUICE_API sluice_status sluice_model_io_prepare(sluice_model_io* io, const sluice_input* input, sluice_tensor* out,
                                                 sluice_error* error);
/* Decodes the model's outputs, named, for the input that was prepared last. `out_count` result tensors are then there. */
SLUICE_API sluice_status sluice_model_io_decode(sluice_model_io* io, const sluice_tensor* outputs, uint32_t output_count,
                                                uint32_t* out_count, sluice_error* error);
/* A result tensor of the last decode, valid until the next one. */
SLUICE_API sluice_status sluice_model_io_result(sluice_model_io* io, uint32_t index, sluice_tensor* out,
                                                sluice_error* error);

#ifdef __cplusplus
}
#endif

#endif /* SLUICE_H */

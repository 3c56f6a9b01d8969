/* A stand-in for the driver's library: cards that draw 200 W each, and what becomes of the first one when a file appears.

   FAKE_GPUS   folder with the file "gpus": how many cards, and what the file "fault" does to the first of them (lost,
               restart, none; "unsupported": no card has a counter, from the start)

   Counts mJ by the time of day in steps of 20 ms, so that every process sees the same, from when the file "go" was
   written until "stop" was, on top of an hour before; the power reads 200 W all the time. What is not here does not
   exist for the caller: the Python module says "function not found". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef int R;
typedef struct card { unsigned index, limit_mw; } *D;
static struct card cards[8];
static unsigned count = 1;
static char mode[32] = "", cards_file[4096] = "", fault[4096] = "", go[4096] = "", stop[4096] = "";
enum { OK = 0, INVALID = 2, NOT_SUPPORTED = 3, LOST = 15 };

static double now(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static double changed(const char *path) {
  struct stat s;
  return stat(path, &s) ? 0 : s.st_mtim.tv_sec + s.st_mtim.tv_nsec / 1e9;
}
static double failed_at(void) { return changed(fault); }
/* Seconds of drawing until then. */
static double drawn_s(double then) {
  double from = changed(go), until = changed(stop);
  if (!from || then < from) return 0;
  if (until && then >= until) return until - from;
  return (double)(long long)((then - from) * 50) / 50;
}
static R alive(D d) { return d->index == 0 && !strcmp(mode, "lost") && failed_at() ? LOST : OK; }

static R start(void) {
  const char *folder = getenv("FAKE_GPUS");
  snprintf(cards_file, sizeof cards_file, "%s/gpus", folder ? folder : ".");
  snprintf(fault, sizeof fault, "%s/fault", folder ? folder : ".");
  snprintf(go, sizeof go, "%s/go", folder ? folder : ".");
  snprintf(stop, sizeof stop, "%s/stop", folder ? folder : ".");
  FILE *f = fopen(cards_file, "r");
  if (!f || fscanf(f, "%u %31s", &count, mode) < 1) return 9;
  fclose(f);
  for (unsigned i = 0; i < 8; i++) { cards[i].index = i; if (!cards[i].limit_mw) cards[i].limit_mw = 400000; }
  return OK;
}
R nvmlInitWithFlags(unsigned flags) { return start(); }
R nvmlInit_v2(void) { return start(); }
R nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(R r) { return r == LOST ? "GPU is lost" : r == NOT_SUPPORTED ? "Not Supported" : "Error"; }
R nvmlSystemGetDriverVersion(char *s, unsigned n) { strncpy(s, "570.00", n); return OK; }
R nvmlSystemGetNVMLVersion(char *s, unsigned n) { strncpy(s, "12.570.00", n); return OK; }
R nvmlSystemGetCudaDriverVersion(int *v) { *v = 12080; return OK; }
R nvmlSystemGetCudaDriverVersion_v2(int *v) { *v = 12080; return OK; }
R nvmlDeviceGetCount_v2(unsigned *n) { *n = count; return OK; }
R nvmlDeviceGetHandleByIndex_v2(unsigned i, D *d) { if (i >= count) return INVALID; *d = &cards[i]; return OK; }
R nvmlDeviceGetName(D d, char *s, unsigned n) { strncpy(s, "NVIDIA A100-SXM4-80GB", n); return alive(d); }
R nvmlDeviceGetUUID(D d, char *s, unsigned n) { snprintf(s, n, "GPU-%08u-0000-0000-0000-000000000000", d->index); return alive(d); }
R nvmlDeviceGetHandleByUUID(const char *s, D *d) { *d = &cards[atoi(s + 4) & 7]; return OK; }
R nvmlDeviceGetIndex(D d, unsigned *i) { *i = d->index; return alive(d); }
R nvmlDeviceGetMinorNumber(D d, unsigned *i) { *i = d->index; return alive(d); }
R nvmlDeviceGetArchitecture(D d, unsigned *a) { *a = 7; return alive(d); }
R nvmlDeviceGetCudaComputeCapability(D d, int *a, int *b) { *a = 8; *b = 0; return alive(d); }
R nvmlDeviceGetComputeMode(D d, unsigned *m) { *m = 0; return alive(d); }
R nvmlDeviceGetPersistenceMode(D d, unsigned *m) { *m = 1; return alive(d); }
R nvmlDeviceGetTemperature(D d, unsigned s, unsigned *t) { *t = 50; return alive(d); }
R nvmlDeviceGetMemoryInfo(D d, unsigned long long *m) { m[0] = 80ull << 30; m[2] = 8ull << 30; m[1] = m[0] - m[2]; return alive(d); }
R nvmlDeviceGetUtilizationRates(D d, unsigned *u) { u[0] = 90; u[1] = 30; return alive(d); }
R nvmlDeviceGetPowerManagementLimit(D d, unsigned *p) { *p = d->limit_mw; return alive(d); }
R nvmlDeviceSetPowerManagementLimit(D d, unsigned p) { if (p < 100000 || p > 400000) return INVALID; d->limit_mw = p; return alive(d); }
R nvmlDeviceGetPowerManagementDefaultLimit(D d, unsigned *p) { *p = 400000; return alive(d); }
R nvmlDeviceGetEnforcedPowerLimit(D d, unsigned *p) { *p = 400000; return alive(d); }
R nvmlDeviceGetPowerManagementLimitConstraints(D d, unsigned *a, unsigned *b) { *a = 100000; *b = 400000; return alive(d); }
R nvmlDeviceGetComputeRunningProcesses_v3(D d, unsigned *n, void *p) { *n = 0; return alive(d); }
R nvmlDeviceGetGraphicsRunningProcesses_v3(D d, unsigned *n, void *p) { *n = 0; return alive(d); }
R nvmlDeviceGetPowerUsage(D d, unsigned *p) { *p = 200000; return alive(d); }
R nvmlDeviceGetTotalEnergyConsumption(D d, unsigned long long *e) {
  if (!strcmp(mode, "unsupported")) return NOT_SUPPORTED;
  int anew = d->index == 0 && !strcmp(mode, "restart") && failed_at();
  double seconds = drawn_s(now()) + (anew ? -drawn_s(failed_at()) : 3600);
  *e = (unsigned long long)((seconds > 0 ? seconds : 0) * 200 * 1000);
  return alive(d);
}

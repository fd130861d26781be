/*
 * Markers for recordings of Pagewalk: `pagewalk trace record --marked -o OUT -- PROGRAM` keeps the references that a
 * program makes between PAGEWALK_START() and PAGEWALK_STOP(). They may be called any number of times, by any thread, in
 * C and C++.
 *
 * A marker is twelve stores of one byte each, to 16 aligned bytes of the stack, in an order that no other code has.
 * Recorders see stores on every architecture; no instruction is special. A marker takes a few nanoseconds where nothing
 * is recorded. Other languages make the same stores, volatile ones.
 */
#ifndef PAGEWALK_H
#define PAGEWALK_H

static __inline void pagewalk_mark(int last) {
#if defined(_MSC_VER)
  __declspec(align(16)) volatile unsigned char bytes[16];
#else
  volatile unsigned char bytes[16] __attribute__((aligned(16), unused));
#endif
  bytes[7] = 0;
  bytes[12] = 0;
  bytes[1] = 0;
  bytes[14] = 0;
  bytes[3] = 0;
  bytes[9] = 0;
  bytes[0] = 0;
  bytes[15] = 0;
  bytes[5] = 0;
  bytes[10] = 0;
  bytes[2] = 0;
  bytes[last] = 0;
}

/* Keeps the references that follow. */
#define PAGEWALK_START() pagewalk_mark(13)
/* Leaves out the references that follow, up to the next PAGEWALK_START(). */
#define PAGEWALK_STOP() pagewalk_mark(4)

#endif

/* libsst/commitlog/int.h: what both sides of mutations know. */
#ifndef SST_COMMITLOG_INT_H
#define SST_COMMITLOG_INT_H

#define SST_UPDATE_EMPTY 0x01
#define SST_UPDATE_REVERSED 0x02
#define SST_UPDATE_DELETION 0x04
#define SST_UPDATE_STATIC 0x08
#define SST_UPDATE_ESTIMATE 0x10

/* Sets of columns that are remembered.  A table of messages is written with a dozen of them. */
#define SST_SHAPES 32

#endif

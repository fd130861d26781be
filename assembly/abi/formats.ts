/**
 * Records of binary formats.
 */

/** Bytes of an oracleGeneral record: u32 time, u64 id, u32 size, i64 next. */
export const ORACLE_BYTES = 24;
export const ORACLE_ID = 4;
export const ORACLE_SIZE = 12;
export const ORACLE_NEXT = 16;

//   0       4       8       12    14    16        24       32     vscsi, version 1 (VMware's vscsiStats)
//   ├─ sn ──┼─ len ─┼─ nSG ─┼ cmd ┼ ver ┼── lbn ──┼── ts ──┤
//
//   0     2     4       8       12      16        24       32       40     version 2
//   ├ cmd ┼ ver ┼─ sn ──┼─ len ─┼─ nSG ─┼── lbn ──┼── ts ──┼── rt ──┤
//
//   ver: the version in the high byte    len: bytes    lbn: the first block    cmd: the SCSI operation code

export const VSCSI1_BYTES = 32;
export const VSCSI1_LEN = 4;
export const VSCSI1_SEGMENTS = 8;
export const VSCSI1_CMD = 12;
export const VSCSI1_VER = 14;
export const VSCSI_LBN = 16;
export const VSCSI_TS = 24;
export const VSCSI2_BYTES = 40;
export const VSCSI2_CMD = 0;
export const VSCSI2_VER = 2;
export const VSCSI2_LEN = 8;

//   0       8        9       10                    12               16                    32                64
//   ├─ ip ──┼ branch ┼ taken ┼ written registers ──┼ read registers ┼ u64[2] written ─────┼ u64[4] read ────┤  champsim

export const CHAMPSIM_BYTES = 64;
export const CHAMPSIM_BRANCH = 8;
export const CHAMPSIM_TAKEN = 9;
export const CHAMPSIM_WRITTEN = 16;
export const CHAMPSIM_READ = 32;
/** The most references that an instruction stands for: its fetch, four loads, two stores. */
export const CHAMPSIM_REFERENCES = 7;

//   63    56 55                    8 7     0     a page of a reference string that has a name, such as A
//   ├ 0xff ─┼── … second character ──┼ first ┤    zeros behind the last character
//
/** The longest name of a page. */
export const NAME_CHARACTERS = 7;
/** In the high byte of a page with a name; numbers of pages are smaller. */
export const NAME_MARK = 0xff;

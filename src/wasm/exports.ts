/**
 * The kernel's exports as TypeScript sees them: pointers and u32 arrive as signed 32-bit numbers (`>>> 0` them), u64
 * as BigInt, bool as 0 or 1. Kept in the order of `assembly/index.ts`; a test holds the two lists together.
 */

// core/arena
export declare function allocate(bytes: bigint): number;
export declare function arenaBytes(): number;

// trace
type Decode = (state: number, records: number, first: number) => number;
type Encode = (state: number, records: number, count: number) => number;
export declare const decodeAddress: Decode;
export declare const encodeAddress: Encode;
export declare function createEncoder(pageShift: number): number;
export declare function createGenerator(): number;
export declare function generateRecords(state: number, records: number, count: number): void;
export declare function prepareGenerator(state: number): number;
export declare const decodeLackey: Decode;
export declare const encodeLackey: Encode;
export declare function createDecoder(): number;
export declare const decodeLirs: Decode;
export declare const encodeLirs: Encode;
export declare const decodeOracleGeneral: Decode;
export declare const encodeOracleGeneral: Encode;
export declare function countKinds(records: number, count: number, counts: number): void;
export declare function createSurvey(pageShift: number): number;
export declare function surveyRecords(state: number, records: number, count: number): number;

// zstd
export declare function createZstd(): number;
export declare function decompressZstd(state: number): number;
// The pagewalk format
export declare function crc32(crc: number, address: number, length: number): number;
export declare function createPagewalkDecoder(addressesArePages: number): number;
export declare function decodePagewalkRecords(decoder: number, records: number, most: number): number;
export declare function pagewalkDecoderState(decoder: number): number;
export declare function pagewalkSection(decoder: number, section: number, bytes: number): number;
export declare function readPagewalkBlock(decoder: number): number;
export declare function readPagewalkPages(decoder: number): number;
export declare function unpackPagewalkPages(decoder: number, bytes: number): number;
export declare function addPagewalkRecords(encoder: number, records: number, count: number): number;
export declare function createPagewalkEncoder(most: number, addressesArePages: number): number;
export declare function finishPagewalkBlock(encoder: number): void;
export declare function pagewalkEncoderState(encoder: number): number;
export declare function startPagewalkBlock(encoder: number): void;

/** Every export of the kernel, and nothing else. */
export { allocate, arenaBytes } from "./core/arena";
// The pagewalk format.
export { crc32 } from "./core/crc";
// trace: bytes and records
export { decodeAddress, encodeAddress } from "./trace/address";
export { createEncoder } from "./trace/encoder";
export { createGenerator, generateRecords, prepareGenerator } from "./trace/generate";
export { decodeLackey, encodeLackey } from "./trace/lackey";
export { createDecoder } from "./trace/lines";
export { decodeLirs, encodeLirs } from "./trace/lirs";
export { decodeOracleGeneral, encodeOracleGeneral } from "./trace/oracle-general";
export {
  createPagewalkDecoder,
  decodePagewalkRecords,
  pagewalkDecoderState,
  pagewalkSection,
  readPagewalkBlock,
  readPagewalkPages,
  unpackPagewalkPages,
} from "./trace/pagewalk/decoder";
export {
  addPagewalkRecords,
  createPagewalkEncoder,
  finishPagewalkBlock,
  pagewalkEncoderState,
  startPagewalkBlock,
} from "./trace/pagewalk/encoder";
export { countKinds, createSurvey, surveyRecords } from "./trace/survey";

// zstd
export { createZstd, decompressZstd } from "./zstd/frames";

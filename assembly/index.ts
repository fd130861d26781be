/** Every export of the kernel, and nothing else. */
export { allocate, arenaBytes } from "./core/arena";

// trace: bytes and records
export { decodeAddress, encodeAddress } from "./trace/address";
export { createEncoder } from "./trace/encoder";
export { createGenerator, generateRecords, prepareGenerator } from "./trace/generate";
export { decodeLackey, encodeLackey } from "./trace/lackey";
export { createDecoder } from "./trace/lines";
export { decodeLirs, encodeLirs } from "./trace/lirs";
export { decodeOracleGeneral, encodeOracleGeneral } from "./trace/oracle-general";
export { countKinds, createSurvey, surveyRecords } from "./trace/survey";

// zstd
export { createZstd, decompressZstd } from "./zstd/frames";

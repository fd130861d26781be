/** A free node, as tags and lists share it: its bytes (tags may keep flags in them), and its links. */
export const NODE_BYTES: u64 = 0;
export const NODE_NEXT: u64 = 8;
export const NODE_PREVIOUS: u64 = 16;

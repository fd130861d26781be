/** True in the debug build. Guard `isValid` calls with it: release compiles them out. */
export const DEBUG: bool = !ASC_NO_ASSERT;

/** The machine as both entries of the package export it, `pagewalk` and `pagewalk/machine`. */
export {
  type AddressField,
  type AddressFields,
  type AddressPage,
  addressFields,
} from "./address-fields.js";
export type {
  EntryView,
  FrameView,
  HeldPage,
  PageId,
  PolicyList,
  TlbEntryView,
  TlbView,
} from "./inspector.js";
export {
  type Access,
  type AccessKind,
  type Address,
  type CreateMachineOptions,
  type Fault,
  Machine,
  type Mapping,
} from "./machine.js";

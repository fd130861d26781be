/**
 * A page's key, by which TLBs, frames and policies identify it. Its lowest bit is used only in TLBs: it is 0 in keys.
 *
 *    63       48 47                        3 2    1 0
 *   ├── asid ───┼── va >> shift(level) ─────┼ level ┼D┤     level 1 to 3, so that no key is 0
 */
export const DIRTY_KEY: u64 = 1;
export const ASID_SHIFT: u32 = 48;
const VPN_SHIFT: u32 = 3;
const VPN_MASK: u64 = ((<u64>1) << (ASID_SHIFT - VPN_SHIFT)) - 1;

export class Key {
  /** `space` is the asid, shifted to its position; `vpn` counts pages of `level`'s size. */
  @inline
  static of(space: u64, vpn: u64, level: u32): u64 {
    return space | (vpn << VPN_SHIFT) | ((<u64>level) << 1);
  }

  @inline
  static asid(key: u64): u32 {
    return <u32>(key >> ASID_SHIFT);
  }

  @inline
  static vpn(key: u64): u64 {
    return (key >> VPN_SHIFT) & VPN_MASK;
  }

  @inline
  static level(key: u64): u32 {
    return (<u32>key >> 1) & 3;
  }
}

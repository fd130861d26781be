/**
 * The OOM killer: the process with the most in memory, swap and page tables goes, the later one of equals; each unit of
 * its adjustment counts as a thousandth of memory and swap, and one of -1000 is spared. From: mm/oom_kill.c of Linux
 * 6.18, oom_badness and select_bad_process. What differs: below 1,000 pages, where Linux's thousandth is none, it is
 * rounded at the end; where everybody is spared, and Linux panics, the one who waits goes all the same; the victim's
 * memory is free at once.
 */
import { Key } from "../../mmu/key";
import { Space, spaceOf } from "../space/space";
import { System } from "../system/system";
import { endSpace } from "../vma/exit";

const SPARED: i32 = -1000;

/** Kills a process for its memory. False when that is of no use to the one who waits: it is the one that was killed. */
export function killOne(system: System): bool {
  const waiting = spaceOf(system, Key.asid(system.machine.space));
  // Who is dying already waits for nothing, and nobody else has to die for it.
  if (!waiting.isAlive) return false;
  let victim = worst(system);
  if (changetype<usize>(victim) == 0) victim = waiting;
  system.kills++;
  victim.isAlive = false;
  if (victim == waiting) return false;
  endSpace(victim);
  return true;
}

/** Who is killed first; null when nobody may be. */
function worst(system: System): Space {
  const total = <i64>system.machine.frames.limit + system.swap.limit;
  let most: i64 = i64.MIN_VALUE;
  let victim = changetype<Space>(0);
  for (let asid: u32 = 0; asid < system.spaceCount; asid++) {
    const space = spaceOf(system, asid);
    if (!space.isAlive || space.oomScoreAdjust == SPARED) continue;
    const points = badness(space, total);
    if (points < most) continue;
    most = points;
    victim = space;
  }
  return victim;
}

function badness(space: Space, total: i64): i64 {
  const adjust = <i64>space.oomScoreAdjust;
  const pages = <i64>(space.resident + space.swappedPages + space.tablePages);
  return pages + (total < 1000 ? (adjust * total) / 1000 : adjust * (total / 1000));
}

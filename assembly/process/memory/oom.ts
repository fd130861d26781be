/**
 * The OOM killer: kills the process with the most pages in memory, swap and page tables, the later one of equals.
 * Each unit of its adjustment counts as a thousandth of memory and swap; a process at -1000 is spared. From:
 * mm/oom_kill.c of Linux 6.18, oom_badness and select_bad_process. Differences: below 1,000 pages, where Linux's
 * thousandth is zero, it is rounded at the end; when every process is spared, where Linux panics, the allocating
 * process is killed; the victim's memory is free at once.
 */
import { Key } from "../../mmu/key";
import { Space, spaceOf } from "../space/space";
import { System } from "../system/system";
import { endSpace } from "../vma/exit";

const SPARED: i32 = -1000;

/**
 * Kills a process for its memory. False when the allocating process itself was killed, so that the allocation must
 * fail.
 */
export function killOne(system: System): bool {
  const waiting = spaceOf(system, Key.asid(system.machine.space));
  // An allocation of a dying process kills no other process.
  if (!waiting.isAlive) return false;
  let victim = selectVictim(system);
  if (changetype<usize>(victim) == 0) victim = waiting;
  system.kills++;
  victim.isAlive = false;
  if (victim == waiting) return false;
  endSpace(victim);
  return true;
}

/** The process to kill; null when all are spared. */
function selectVictim(system: System): Space {
  const total = <i64>system.machine.frames.limit + system.swap.limit;
  let most: i64 = i64.MIN_VALUE;
  let victim = changetype<Space>(0);
  for (let asid: u32 = 0; asid < system.spaces.count; asid++) {
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

/** Naive models of Linux's reclaim, in the style of systems.ts. */
import { byBits, drop, type Frame, push } from "./bits.js";

interface Listed extends Frame {
  active: boolean;
  seenBefore: boolean;
}

/** Heads of lists are at their end, tails at 0. */
export const linuxLru = byBits<Listed>((resident, frames) => {
  const shadows = new Map<number, number>();
  const turn = Math.max(1, Math.min(32, Math.floor(frames / 32)));
  let age = 0;
  let refaults = 0;
  let left = 0;
  const list = (active: boolean) => resident.filter((frame) => frame.active === active);
  const move = (frame: Listed, active: boolean) => {
    if (resident.includes(frame)) drop(resident, frame);
    push(resident, Object.assign(frame, { active }));
  };
  const beginTurn = () => {
    const [active, inactive] = [list(true), list(false)];
    if (inactive.length < active.length || refaults > 0 || inactive.length === 0) {
      for (const frame of active.slice(0, turn)) {
        frame.referenced = false;
        move(frame, false);
      }
    }
    refaults = 0;
    left = turn;
  };
  const next = (): Listed => {
    if (left === 0 || list(false).length === 0) beginTurn();
    left--;
    return list(false)[0] as Listed;
  };
  return {
    enter: (frame) => {
      const entered = { ...frame, active: false, seenBefore: false };
      const shadow = shadows.get(frame.page);
      shadows.delete(frame.page);
      const comesBack = shadow !== undefined && age - shadow <= list(true).length;
      if (comesBack) {
        age++;
        refaults++;
      }
      move(entered, comesBack);
      return entered;
    },
    evict: () => {
      let frame = next();
      for (; frame.referenced; frame = next()) {
        frame.referenced = false;
        if (frame.seenBefore) age++;
        move(frame, frame.seenBefore);
        frame.seenBefore = true;
      }
      drop(resident, frame);
      shadows.set(frame.page, age++);
    },
    tick: () => {},
  };
});

interface Generated extends Frame {
  generation: number;
  seenBefore: boolean;
  workingSet: boolean;
}

/** Generations by their sequence numbers, never modulo; tails of lists at 0. */
export const mglru = byBits<Generated>((resident, frames) => {
  const lists = new Map<number, Generated[]>();
  const shadows = new Map<number, { min: number; workingSet: boolean }>();
  const tier = () => ({ refaulted: 0, total: 0, pastRefaulted: 0, pastTotal: 0 });
  const [others, working] = [tier(), tier()];
  const tierOf = ({ workingSet }: { workingSet: boolean }) => (workingSet ? working : others);
  let min = 0;
  let max = 1;
  const list = (sequence: number) => lists.get(sequence) ?? lists.set(sequence, []).get(sequence) ?? [];
  const advance = () => {
    const before = min;
    while (max - min >= 2 && list(min).length === 0) min++;
    if (min === before) return;
    for (const tier of [others, working]) {
      tier.pastRefaulted = Math.floor((tier.pastRefaulted + tier.refaulted) / 2);
      tier.pastTotal = Math.floor((tier.pastTotal + tier.total) / 2);
      tier.refaulted = tier.total = 0;
    }
  };
  /** R is set: clears it; true when the page joins the youngest generation for it. */
  const promote = (frame: Generated): boolean => {
    frame.referenced = false;
    const isFirst = !frame.seenBefore && !frame.workingSet;
    if (isFirst) frame.seenBefore = true;
    else Object.assign(frame, { generation: max, seenBefore: false, workingSet: true });
    return !isFirst;
  };
  const age = () => {
    for (const frame of resident) if (frame.referenced) promote(frame);
    max++;
  };
  const isProtected = (frame: Generated) => {
    const refaulted = working.refaulted + working.pastRefaulted;
    const share = refaulted / (working.total + working.pastTotal);
    const setPoint = (others.refaulted + others.pastRefaulted + 1) / (others.total + others.pastTotal + 64);
    return frame.workingSet && refaulted >= 64 && share > 1.5 * setPoint;
  };
  /** The victim, or undefined if the page belongs to another generation. */
  const look = (): Generated | undefined => {
    advance();
    while (max - min < 2) {
      age();
      advance();
    }
    const frame = list(min).shift() as Generated;
    if (frame.generation === min) {
      if (isProtected(frame)) {
        working.total++;
        frame.generation = min + 1;
        frame.seenBefore = false;
      } else if (!frame.referenced) return frame;
      else if (!promote(frame)) frame.generation = max - 1;
    }
    list(frame.generation).push(frame);
    return undefined;
  };
  return {
    enter: (frame) => {
      const shadow = shadows.get(frame.page);
      shadows.delete(frame.page);
      const comesBack = shadow !== undefined && max - shadow.min < 4;
      if (comesBack) tierOf(shadow).refaulted++;
      const workingSet = comesBack && shadow.workingSet;
      const generation = workingSet ? max : max - 1;
      const entered: Generated = { ...frame, generation, seenBefore: false, workingSet };
      list(generation).push(entered);
      return push(resident, entered);
    },
    evict: (wanted) => {
      let victim = look();
      while (victim === undefined) victim = look();
      drop(resident, victim);
      tierOf(victim).total++;
      const oldest = [...shadows.keys()].filter((page) => page !== wanted);
      while (shadows.size >= frames && oldest.length > 0) shadows.delete(oldest.shift() ?? 0);
      shadows.set(victim.page, { min, workingSet: victim.workingSet });
    },
    tick: () => {},
  };
});

/** The common part of naive models of policies that see frames with an accessed and a dirty bit. */

export interface SystemOptions {
  /** The requests that write their page; default: none. */
  writes?: readonly boolean[];
  /** The policy's parameters that are not the defaults. */
  parameters?: Readonly<Record<string, number>>;
}

/** Returns for each request whether it hits. */
export type SystemModel = (pages: readonly number[], frames: number, options?: SystemOptions) => boolean[];

export interface Frame {
  page: number;
  referenced: boolean;
  modified: boolean;
}

export type Chosen = Readonly<Record<string, number>>;

/** The part that a policy adds to frames with two bits. */
interface Hooks<F extends Frame> {
  enter(frame: Frame): F;
  /** Removes a victim from the frames, to make room for `wanted`. */
  evict(wanted: number): void;
  /** After each request; when it missed, before its page enters. */
  tick(): void;
}

export function byBits<F extends Frame>(
  make: (resident: F[], frames: number, chosen: Chosen) => Hooks<F>,
): SystemModel {
  return (pages, frames, { writes = [], parameters = {} } = {}) => {
    const resident: F[] = [];
    const hooks = make(resident, frames, parameters);
    return pages.map((page, at) => {
      const modified = writes[at] ?? false;
      const found = resident.find((frame) => frame.page === page);
      if (found !== undefined) {
        found.referenced = true;
        found.modified ||= modified;
        hooks.tick();
        return true;
      }
      if (resident.length === frames) hooks.evict(page);
      hooks.tick();
      hooks.enter({ page, referenced: true, modified });
      return false;
    });
  };
}

export function drop<T>(items: T[], item: T): void {
  items.splice(items.indexOf(item), 1);
}

export function push<T>(items: T[], item: T): T {
  items.push(item);
  return item;
}

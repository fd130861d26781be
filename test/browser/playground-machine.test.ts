/** The playground's view Machine: each step shows the machine that the library has in Node. */
import {
  type Access,
  type AccessKind,
  BytesSink,
  convertTrace,
  Machine,
  openTrace,
  type PolicyName,
} from "pagewalk";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePlayground, faultsOf, press } from "./playground.js";

const recording = new URL("../../examples/wordcount/wordcount.pagewalk", import.meta.url);
const options = { arch: "x86-64", tlb: "l1i=4x4,l1d=4x4,l2=16x4", memory: "64KiB", policy: "lru" } as const;

interface Listed {
  kind: AccessKind;
  address: bigint;
  bytes: number;
}

/** The lines of the page's list. */
function listOf(text: string): Listed[] {
  return text.split("\n").map((line) => {
    const [kind, address = "", bytes] = line.split(" ");
    return { kind: kind as AccessKind, address: BigInt(address), bytes: Number(bytes) };
  });
}

const hex = (value: bigint) => `0x${value.toString(16)}`;

/** The texts that the page shows of a machine. */
interface Shown {
  walk: string[][];
  tlbs: string[][];
  frames: string[];
  counters: number[];
  /** Of each list of the policy: its name, its pages. */
  lists: string[][];
  victims: string[];
}

/** The same of a machine in Node after some accesses. */
async function expectedAt(list: readonly Listed[], at: number, policy: PolicyName = "lru"): Promise<Shown> {
  const machine = await Machine.create({ ...options, policy });
  let last: Access | undefined;
  for (const { kind, address, bytes } of list.slice(0, at)) last = machine.access(address, kind, bytes);
  const walk = (last?.walk ?? []).map(({ index, entryAddress, raw }) => [
    `${index}`,
    hex(entryAddress),
    hex(raw),
  ]);
  const tlbs = Object.values(machine.tlbs).map(({ sets }) => sets.flat().map(({ address }) => hex(address)));
  const frames = [...machine.frames()].map(({ state, page }) => (page ? hex(page.address) : state));
  const { walks, entriesRead, minor, major, evictions, writebacks, swapIns, distinctPages } =
    machine.counters;
  const counters = [walks, entriesRead, minor, major, evictions, writebacks, swapIns, distinctPages];
  const lists = machine.policyLists.map(({ name, pages }) => [
    name,
    ...pages.map(({ address }) => hex(address)),
  ]);
  const victim = await machine.nextVictim();
  return { walk, tlbs, frames, counters, lists, victims: victim === undefined ? [] : [hex(victim.address)] };
}

async function shownBy(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const texts = (root: ParentNode, selector: string) =>
      [...root.querySelectorAll(selector)].map(({ textContent }) => textContent ?? "");
    return {
      walk: [...document.querySelectorAll("[aria-label=Walk] tbody tr")].map((row) =>
        texts(row, "td").slice(0, 3),
      ),
      tlbs: [...document.querySelectorAll(".tlbs > div")].map((tlb) => texts(tlb, ".entry code")),
      frames: texts(document, ".frame > :last-child"),
      counters: texts(document, ".counters dd").map((text) => Number(text.replaceAll(",", ""))),
      lists: [...document.querySelectorAll(".lists > div")].map((list) => [
        list.querySelector("dt")?.firstChild?.textContent ?? "",
        ...texts(list, ".entry code"),
      ]),
      victims: texts(document, ".entry.victim code"),
    };
  });
}

describePlayground("the playground's Machine", (playground) => {
  const isAt = async (page: Page, at: number) => {
    await page
      .locator(".place")
      .filter({ hasText: new RegExp(`^Access${at} of`) })
      .waitFor();
    await page.locator(".state[aria-busy=false]").waitFor();
  };
  const list = (page: Page) => page.locator("#accesses").inputValue();

  test("shows the machine of Node after each step, forward and back", async () => {
    const page = await playground.open("#machine?example=loop");
    await isAt(page, 0);
    const accesses = listOf(await list(page));
    const moves = [
      "Step",
      "Step",
      "End",
      "Back",
      "Back",
      "Step",
      "Start",
      "Step",
      "Eviction",
      "Step",
      "Back",
    ];
    const places = [1, 2, 48, 47, 46, 47, 0, 1, 13, 14, 13];
    for (const [n, move] of moves.entries()) {
      await press(page, move);
      const place = places[n] ?? 0;
      await isAt(page, place);
      expect(await shownBy(page), `after ${moves.slice(0, n + 1)}`).toEqual(
        await expectedAt(accesses, place),
      );
    }
    await page.close();
  });

  test("shows the lists of the policy, ghosts and marks included, as Node has them", async () => {
    for (const policy of ["2q", "clock", "arc"]) {
      const page = await playground.open(`#machine?example=loop&at=40&policy=${policy}`);
      await isAt(page, 40);
      expect(await shownBy(page)).toEqual(await expectedAt(listOf(await list(page)), 40, policy));
      await page.close();
    }
    const page = await playground.open("#machine?example=loop&at=40&policy=2q");
    await isAt(page, 40);
    const ghosts = page.getByRole("list", { name: "List A1out" }).locator(".ghost");
    await expect.poll(() => ghosts.count()).toBeGreaterThan(0);
    await page.close();
  });

  test("runs to the next TLB miss, fault, eviction and address, as a search in Node finds them", async () => {
    const page = await playground.open("#machine");
    await press(page, "Word count");
    await page.waitForFunction(
      () => document.querySelector("input[type=range]")?.getAttribute("max") === "200",
    );
    const accesses = listOf(await list(page));
    const wanted = accesses[150]?.address ?? 0n;
    const machine = await Machine.create(options);
    const found: Record<string, number> = {};
    for (const [n, { kind, address, bytes }] of accesses.entries()) {
      const before = machine.counters;
      const { fault } = machine.access(address, kind, bytes);
      const is = {
        "TLB miss": machine.counters.walks > before.walks,
        Fault: fault !== undefined,
        Eviction: machine.counters.evictions > before.evictions,
        Address: wanted >= address && wanted < address + BigInt(bytes),
      };
      // The search starts behind the first access.
      for (const [what, isSo] of Object.entries(is)) if (isSo && n > 0) found[what] ??= n + 1;
    }
    await page.getByLabel("or access of").fill(hex(wanted));
    for (const what of ["TLB miss", "Fault", "Eviction", "Address"]) {
      await page.getByRole("slider").fill("1");
      await isAt(page, 1);
      await press(page, what);
      await isAt(page, found[what] ?? accesses.length);
    }
    expect(Object.keys(found)).toContain("Address");
    await page.close();
  });

  test("lists the first references of a trace", async () => {
    const sink = new BytesSink();
    await convertTrace(await openTrace(recording), sink, { format: "lackey" });
    const lines = new TextDecoder().decode(sink.bytes.subarray(0, 100_000)).split("\n");
    const names = { I: "fetch", L: "load", S: "store", M: "modify" } as const;
    const expected = lines.flatMap((line) => {
      const [, kind, address, bytes] = /^ ?([ILSM]) {1,2}0*(\w+),(\d+)$/.exec(line) ?? [];
      return kind === undefined ? [] : [`${names[kind as "I"]} 0x${address} ${bytes}`];
    });
    const page = await playground.open("#machine");
    await press(page, "Word count");
    await page.waitForFunction(
      () => document.querySelector("input[type=range]")?.getAttribute("max") === "200",
    );
    expect((await list(page)).split("\n")).toEqual(expected.slice(0, 200));
    await page.close();
  });

  test("shows a fault in place, and no machine", async () => {
    const page = await playground.open("#machine?accesses=load+0x1000;load+x&at=1");
    const alert = page.getByRole("alert");
    await alert
      .filter({ hasText: 'line 2: "load x" is not an access; write it like load 0x601040 8' })
      .waitFor();
    expect(await page.locator(".frame").count()).toBe(0);
    await page.locator("#accesses").fill("load 0x1000\nload 0x8000000000000000");
    await page.locator("#accesses").blur();
    await isAt(page, 0);
    await press(page, "End");
    await alert.filter({ hasText: /^line 2: .*x86-64/ }).waitFor();
    await page.locator("#accesses").fill("load 0x1000");
    for (const [field, text] of [
      ["memory", "8KiB"],
      ["tlb", "l1=3x2"],
    ] as const) {
      await page.locator(`#${field}`).fill(text);
      await page.locator(`#${field}`).blur();
      await page.locator(`#${field}-fault`).waitFor();
      const message = await Machine.create({ ...options, [field]: text }).catch(
        (error: Error) => error.message,
      );
      expect(message).toBe(`${field}: ${await page.locator(`#${field}-fault`).textContent()}`);
      await page.locator(`#${field}`).fill(options[field]);
      await page.locator(`#${field}`).blur();
      await isAt(page, 0);
    }
    await page.close();
  });

  test("has the pages that are mapped from the start, and no others", async () => {
    const mapped = "0x1000+rw;0x2000+r;0x3000+r+kernel;0x5000+rx";
    const list = ["store 0x1000 1", "store 0x2000 1", "load 0x3000 1", "load 0x4000 1", "fetch 0x5000 1"];
    const page = await playground.open(
      `#machine?memory=&mapped=${mapped}&accesses=${list.join(";").replaceAll(" ", "+")}`,
    );
    const machine = await Machine.create({ ...options, memory: "64KiB", demand: false });
    machine.map(0x1000, 4096);
    machine.map(0x2000, 4096, { write: false });
    machine.map(0x3000, 4096, { write: false, user: false });
    machine.map(0x5000, 4096, { write: false, execute: true });
    for (const { kind, address, bytes } of listOf(list.join("\n"))) {
      const { fault, physicalAddress } = machine.access(address, kind, bytes);
      await press(page, "Step");
      const words =
        physicalAddress === undefined ? `${fault} fault` : `physical address ${hex(physicalAddress)},`;
      const outcome = page.locator(".outcome").filter({ hasText: `${kind} of 1 B at ${hex(address)}` });
      await outcome.filter({ hasText: words }).waitFor();
    }
    await page.locator("#mapped").fill("0x1000 rw\n0x1800 rw");
    await page.locator("#mapped").blur();
    await page
      .getByRole("alert")
      .filter({ hasText: "mapped pages, line 2: 0x1800 is not the start of a page" })
      .waitFor();
    await page.locator("#mapped").fill("0x1000 readable");
    await page.locator("#mapped").blur();
    await page
      .getByRole("alert")
      .filter({ hasText: 'line 1: "0x1000 readable" is not a page; write it like' })
      .waitFor();
    await page.close();
  });

  test("has its state in the address", async () => {
    const page = await playground.open("#machine?accesses=store+0x1000+8;load+0x2000+8&at=1&arch=sv39");
    await isAt(page, 1);
    expect(await page.locator(".bits strong").allTextContents()).toEqual([
      "unused",
      "VPN[2]",
      "VPN[1]",
      "VPN[0]",
      "offset",
    ]);
    await press(page, "Step");
    const hash = "#machine?accesses=store+0x1000+8%3Bload+0x2000+8&arch=sv39&at=2";
    await page.waitForFunction((expected) => location.hash === expected, hash);
    await page.reload();
    await page.getByRole("heading", { name: "Address 0x2000" }).waitFor();
    await page.close();
  });

  test("steps by the arrow keys, and keeps its place beside the other view", async () => {
    const page = await playground.open("#machine");
    await isAt(page, 0);
    await page.getByRole("slider").focus();
    for (const [key, at] of [
      ["ArrowRight", 1],
      ["ArrowRight", 2],
      ["ArrowLeft", 1],
      ["End", 64],
    ] as const) {
      await page.keyboard.press(key);
      await isAt(page, at);
    }
    await page.getByRole("link", { name: "Compare policies" }).click();
    await page.getByRole("heading", { name: "Compare page-replacement policies" }).waitFor();
    await page.getByRole("link", { name: "Step through a machine" }).click();
    await isAt(page, 64);
    await page.close();
  });

  test.each(["light", "dark"] as const)("is accessible in %s, from phone to wide screen", async (scheme) => {
    const page = await playground.open("#machine?example=loop&at=30", { colorScheme: scheme });
    await page.locator(".frame").first().waitFor();
    for (const width of [390, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await faultsOf(page)).toEqual([]);
    }
    await page.close();
  });
});

/**
 * Two address spaces, made with the library: a parent and its child, their regions, and the frames behind one address.
 *
 *   node examples/process/address-spaces.js
 */
import { mapsText, pagemap, spawn } from "pagewalk";

const hex = (address) => `0x${address.toString(16)}`;

const parent = await spawn();
parent.system.subscribe((event) => {
  if (event.type === "fault") console.log(`process ${event.pid} faults at ${hex(event.address)}`);
  if (event.type === "signal")
    console.log(`process ${event.pid} gets ${event.signal.signal} ${event.signal.code}`);
});

const { value: buffer } = parent.mmap(0, 12288, "PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS");
parent.store(buffer, 12288);

const child = parent.fork();
if ("error" in child) throw new Error(child.error);
child.store(buffer); // copies the first page
child.munmap(buffer + 4096n, 4096); // splits the child's region, not the parent's
child.handle("SIGSEGV");
child.load(buffer + 4096n);

for (const process of [parent, child]) {
  console.log(`\nprocess ${process.pid}`);
  const end = buffer + 12288n;
  console.log(
    mapsText(process.regions().filter((region) => region.start < end && region.end > buffer)).trimEnd(),
  );
  for (const { address, pfn, mapped } of pagemap(process, buffer, end))
    console.log(`  ${hex(address)} is in frame ${pfn}, mapped by ${mapped}`);
}

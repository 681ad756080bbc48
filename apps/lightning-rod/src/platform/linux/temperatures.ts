// Where the kernel has temperatures: thermal zones (processor, battery, …) and the chips of hwmon (disks, mainboard, cards). What
// both name the same way is one sensor, seen twice.
import { readdirSync, readFileSync } from "node:fs";

/** Most temperatures that a board measures: servers have dozens, one a core. */
export const MAX_TEMPERATURES = 32;

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // not on this machine, or a sensor that does not answer
  }
};

const list = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  } catch {
    return [];
  }
};

/** A kernel's name → part of a series' name. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);

/**
 * Series' names and the files that hold their thousandths of a degree Celsius.
 *
 * Sources: `Documentation/ABI/testing/sysfs-class-thermal` and `Documentation/hwmon/sysfs-interface.rst` of the kernel.
 */
export const findTemperatures = (sys = "/sys"): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const note = (wanted: string, otherwise: string, file: string): void => {
    const name = `temperature.${wanted !== "" && !found.has(`temperature.${wanted}`) ? wanted : otherwise}`;
    if (found.size < MAX_TEMPERATURES && !found.has(name) && read(file) !== undefined)
      found.set(name, file);
  };
  const zones = `${sys}/class/thermal`;
  for (const zone of list(zones).filter((name) => name.startsWith("thermal_zone")))
    note(plain(read(`${zones}/${zone}/type`) ?? ""), plain(zone.slice(8)), `${zones}/${zone}/temp`);
  const ofZones = new Set(found.keys());
  const chips = `${sys}/class/hwmon`;
  for (const chip of list(chips)) {
    const name = plain(read(`${chips}/${chip}/name`) ?? "") || chip;
    if (ofZones.has(`temperature.${name}`)) continue; // the kernel shows each zone as a chip, too
    for (const file of list(`${chips}/${chip}`)) {
      const [, place] = /^temp(\d+)_input$/.exec(file) ?? [];
      if (place === undefined) continue;
      const label = plain(read(`${chips}/${chip}/temp${place}_label`) ?? place);
      note(`${name}-${label}`, `${name}-${chip}-${place}`, `${chips}/${chip}/${file}`);
    }
  }
  return found;
};

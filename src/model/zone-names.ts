import { isTimeZone } from "./zone.ts";

/** Where a wall clock stands: minutes east of UTC, or an IANA zone whose offset depends on the day. */
export type ZoneOffset = number | { readonly timeZone: string };

const HOUR = 60;

/** North American names without "standard" or "daylight" mean whichever holds on that day. */
const GENERIC: Readonly<Record<string, string>> = {
  at: "America/Halifax",
  et: "America/New_York",
  ct: "America/Chicago",
  mt: "America/Denver",
  pt: "America/Los_Angeles",
};

/** Minutes east of UTC. Where a name has several meanings, the one news sites and feeds use. */
const FIXED: Readonly<Record<string, number>> = {
  ...{ ut: 0, utc: 0, gmt: 0, z: 0, wet: 0, west: 60, bst: 60, wat: 60, cat: 120, eat: 180, sast: 120 },
  ...{ cet: 60, cest: 120, met: 60, mest: 120, mez: 60, mesz: 120, eet: 120, eest: 180, msk: 180, msd: 240, trt: 180 },
  ...{ gst: 240, pkt: 300, ist: 330, npt: 345, ict: 420, wib: 420, wita: 480, wit: 540, hkt: 480, sgt: 480, pht: 480 },
  ...{ myt: 480, jst: 540, kst: 540, awst: 480, acst: 570, acdt: 630, aest: 600, aedt: 660, nzst: 720, nzdt: 780 },
  ...{ nst: -210, ndt: -150, ast: -240, adt: -180, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360 },
  ...{ pst: -480, pdt: -420, akst: -540, akdt: -480, hst: -600, hdt: -540, sst: -660 },
  ...{ brt: -180, brst: -120, art: -180, clt: -240, clst: -180, cot: -300, pet: -300, vet: -240, uyt: -180 },
};

/** RFC 822 §5.1: A to M without J count westwards from 1, N to Y eastwards. */
function militaryOffset(letter: string): number | null {
  const west = "abcdefghiklm".indexOf(letter);
  if (west >= 0) return -(west + 1) * HOUR;
  const east = "nopqrstuvwxy".indexOf(letter);
  return east >= 0 ? (east + 1) * HOUR : null;
}

/**
 * The zone a name stands for (RFC 822 §5.1 and the abbreviations in common use), upper or lower case. Null when nobody
 * uses it.
 */
export function findZone(name: string): ZoneOffset | null {
  const key = name.toLowerCase();
  const fixed = FIXED[key];
  if (fixed !== undefined && Object.hasOwn(FIXED, key)) return fixed;
  const generic = GENERIC[key];
  if (generic !== undefined && Object.hasOwn(GENERIC, key)) return { timeZone: generic };
  return key.length === 1 ? militaryOffset(key) : null;
}

/** The zone of an IANA name such as `Europe/Berlin` or `Etc/GMT`. */
export function findRegion(name: string): ZoneOffset | null {
  const key = name.toLowerCase();
  if (key.length > 40 || !isTimeZone(key)) return null;
  return key === "etc/gmt" || key === "etc/utc" ? 0 : { timeZone: key };
}

// Where simulated boards stand: villages and quarters around the Strait of Messina, far enough from the water that a board
// scattered around one of them stays on land, on the drawn coast as on the real one.
import type { Location } from "@s4t/contract";
import { seeded } from "@s4t/kit";

/** A board stands at most so far from the middle of its place. */
export const MAX_SCATTER_M = 600;
/** The same N gives the same boards on every machine. */
const demoSeed = 1_908;
const metresPerDegree = 111_320;

const places: readonly (readonly [name: string, latitude: number, longitude: number])[] = [
  ["messina", 38.193, 15.545],
  ["gravitelli", 38.195, 15.535],
  ["camaro", 38.183, 15.525],
  ["giostra", 38.21, 15.54],
  ["annunziata", 38.222, 15.545],
  ["bordonaro", 38.158, 15.522],
  ["cumia", 38.165, 15.5],
  ["zafferia", 38.145, 15.51],
  ["larderia", 38.147, 15.5],
  ["mili", 38.128, 15.49],
  ["santo-stefano", 38.11, 15.47],
  ["castanea", 38.252, 15.52],
  ["gesso", 38.229, 15.48],
  ["rometta", 38.172, 15.414],
  ["monforte", 38.157, 15.381],
  ["santa-lucia", 38.158, 15.282],
  ["barcellona", 38.145, 15.213],
  ["castroreale", 38.098, 15.211],
  ["fiumedinisi", 38.026, 15.381],
  ["ali", 38.026, 15.418],
  ["savoca", 37.955, 15.34],
  ["castelmola", 37.859, 15.277],
  ["villa-san-giovanni", 38.218, 15.65],
  ["campo-calabro", 38.215, 15.66],
  ["gallico", 38.165, 15.67],
  ["reggio", 38.11, 15.66],
];

/** A simulated board to be. */
export interface DemoBoard {
  /** Its number, from 0; its label `demo`. */
  readonly index: number;
  readonly name: string;
  readonly location: Location;
  readonly seed: number;
}

const rounded = (degrees: number): number => Math.round(degrees * 100_000) / 100_000;

/** The first `count` simulated boards: the first ten of fifty are the ten. */
export const demoBoards = (count: number): readonly DemoBoard[] => {
  const random = seeded(demoSeed);
  return Array.from({ length: count }, (_, index) => {
    const [place, latitude, longitude] = places[index % places.length] as (typeof places)[number];
    const angle = random() * 2 * Math.PI;
    // The square root spreads them evenly over the circle.
    const metres = Math.sqrt(random()) * MAX_SCATTER_M;
    const perLongitude = metresPerDegree * Math.cos((latitude * Math.PI) / 180);
    return {
      index,
      name: `${place}-${Math.floor(index / places.length) + 1}`,
      location: {
        latitude: rounded(latitude + (metres * Math.cos(angle)) / metresPerDegree),
        longitude: rounded(longitude + (metres * Math.sin(angle)) / perLongitude),
      },
      seed: demoSeed + index,
    };
  });
};

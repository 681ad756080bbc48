declare module "virtual:coast" {
  /** Side of a tile. */
  export const tileDegrees: number;
  /** Parts of a degree in which rings are written. */
  export const precision: number;
  /** Names of all tiles with land, `WEST_SOUTH`, parted by blanks. */
  export const tiles: string;
}
